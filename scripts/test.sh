#!/bin/sh
# Everything that a change has to pass. Arguments go to pytest: scripts/test.sh -k gate
set -eu
cd "$(dirname "$0")/.."
# Nothing is compiled at installation; without this, every start would compile everything anew.
unset PYTHONDONTWRITEBYTECODE
sh scripts/setup.sh dev
sh scripts/chromium.sh
PATH="$PWD/.venv/bin:$PATH"
export PATH

step() {
    printf '\n== %s\n' "$*"
    "$@"
}

step ruff format --check --quiet .
step ruff check --quiet .
step codespell
step pyright --project pyproject.toml
step pytest -q -n "${TEST_WORKERS:-2}" --dist loadfile "$@"

# The build writes the JavaScript lock back: a difference means that it was not committed with what needs it.
if git rev-parse --git-dir > /dev/null 2>&1 && ! git diff --quiet -- reflex.lock; then
    echo "The build has changed reflex.lock; commit it together with the change that needs it:" >&2
    git --no-pager diff --stat -- reflex.lock >&2
    exit 1
fi
