#!/bin/sh
# Sets up what is missing and runs the board.
set -eu
cd "$(dirname "$0")/.."
sh scripts/setup.sh
exec .venv/bin/python -m kanban_app serve
