#!/bin/sh
# The benchmarks. Arguments go to them: scripts/bench.sh --case 15x20
set -eu
cd "$(dirname "$0")/.."
# Nothing is compiled at installation; without this, every start would compile everything anew.
unset PYTHONDONTWRITEBYTECODE
sh scripts/setup.sh dev
sh scripts/chromium.sh
PATH="$PWD/.venv/bin:$PATH"
export PATH
exec python -m benchmarks "$@"
