#!/bin/sh
# Runs the board and starts it again, rebuilt, whenever a source file changes; open tabs reconnect and reload.
set -eu
cd "$(dirname "$0")/.."
# Nothing is compiled at installation; without this, every start would compile everything anew.
unset PYTHONDONTWRITEBYTECODE
sh scripts/setup.sh dev
mkdir -p assets
exec .venv/bin/watchfiles --ignore-paths assets/external '.venv/bin/python -m kanban_app serve' \
    kanban_app assets rxconfig.py
