#!/bin/sh
# Makes .venv with the pinned packages; does nothing when it is already there and up to date.
#   setup.sh        what the board needs
#   setup.sh dev    and what the checks and tests need
set -eu
cd "$(dirname "$0")/.."

requirements=requirements.txt
[ "${1:-}" = dev ] && requirements=requirements-dev.txt

find_python() {
    for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
        if [ -n "$candidate" ] && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "Python 3.11 or newer is needed (set PYTHON to its command)." >&2
    exit 1
}

# What was installed last, with the name of the file: the stamp is that content.
wanted() { echo "$requirements"; cat requirements.txt "$requirements"; }
stamp=.venv/installed-requirements

[ -x .venv/bin/python ] && .venv/bin/python -c '' 2>/dev/null || {
    python=$(find_python)
    echo "Making .venv …" >&2
    "$python" -m venv --clear .venv || { echo "Python's venv module is needed (Debian: python3-venv)." >&2; exit 1; }
}

# An environment made for the tests also runs the board.
if [ -f "$stamp" ]; then
    wanted | cmp -s - "$stamp" && exit 0
    if [ "$requirements" = requirements.txt ]; then
        (requirements=requirements-dev.txt; wanted) | cmp -s - "$stamp" && exit 0
    fi
fi
echo "Installing $requirements …" >&2
# Compiling every module of every package would take longer than all the rest; Python compiles what it imports.
.venv/bin/python -m pip install --quiet --no-compile --disable-pip-version-check --requirement "$requirements"
wanted > "$stamp"
