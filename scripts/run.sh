#!/bin/sh
# Sets up what is missing and runs the board.
set -eu
cd "$(dirname "$0")/.."
# Nothing is compiled at installation; without this, every start would compile everything anew.
unset PYTHONDONTWRITEBYTECODE
sh scripts/setup.sh
exec .venv/bin/python -m kanban_app serve
