#!/bin/sh
# The fault, stress and soak tests. Arguments go to pytest.
set -eu
cd "$(dirname "$0")/.."
# Nothing is compiled at installation; without this, every start would compile everything anew.
unset PYTHONDONTWRITEBYTECODE
sh scripts/setup.sh dev
sh scripts/chromium.sh
PATH="$PWD/.venv/bin:$PATH"
export PATH
exec pytest -m long --timeout 3600 "$@"
