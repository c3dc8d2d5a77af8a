#!/bin/sh
# Builds the documents as a site into site/. The generator lives in an environment of its own, .venv-docs; once that is
# there, no network is needed.
set -eu
cd "$(dirname "$0")/.."
sh scripts/setup.sh
.venv/bin/python scripts/configuration_page.py

environment=.venv-docs
stamp=$environment/installed-requirements
if ! cmp -s requirements-docs.txt "$stamp"; then
    [ -x "$environment/bin/python" ] || .venv/bin/python -m venv "$environment"
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check --requirement requirements-docs.txt
    cp requirements-docs.txt "$stamp"
fi
"$environment/bin/zensical" build --clean --strict
echo "site/index.html is the way in."
