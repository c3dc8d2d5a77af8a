#!/bin/sh
# How much of the protocol, the client and the dispatcher the quick tests run; fails under 95 % of the lines.
set -eu
cd "$(dirname "$0")/.."
# Nothing is compiled at installation; without this, every start would compile everything anew.
unset PYTHONDONTWRITEBYTECODE
sh scripts/setup.sh dev
PATH="$PWD/.venv/bin:$PATH"
export PATH
coverage run -m pytest -q -n 0 tests/unit/tac7 tests/unit/client tests/unit/services tests/property \
    tests/integration/client tests/integration/services "$@"
exec coverage report
