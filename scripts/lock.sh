#!/bin/sh
# Resolves requirements.in, requirements-dev.in and requirements-docs.in anew and writes the .txt of each.
set -eu
cd "$(dirname "$0")/.."
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
"${PYTHON:-python3}" -m venv "$fresh"
pip="$fresh/bin/python -m pip --quiet --disable-pip-version-check"

$pip install --requirement requirements.in
{
    echo "# Made by scripts/lock.sh from requirements.in: the whole tree, pinned."
    $pip freeze
} > requirements.txt
grep -v '^-r' requirements-dev.in > "$fresh/dev.in"
$pip install --constraint requirements.txt --requirement "$fresh/dev.in"
$pip freeze | grep -vxFf requirements.txt > "$fresh/dev.txt"
{
    echo "# Made by scripts/lock.sh from requirements-dev.in: the whole tree, pinned."
    echo "-r requirements.txt"
    cat "$fresh/dev.txt"
} > requirements-dev.txt

"${PYTHON:-python3}" -m venv --clear "$fresh"
$pip install --requirement requirements-docs.in
{
    echo "# Made by scripts/lock.sh from requirements-docs.in: the whole tree, pinned."
    $pip freeze
} > requirements-docs.txt
