"""`python -m kanban_app …`"""

import os
import sys

# Packages are installed uncompiled (that halves the installation): what is imported here has to be kept compiled,
# or every start would take three times as long. Where nothing may be written, nothing is.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

from kanban_app.cli import main  # noqa: E402 - compiled already, thanks to the lines above

if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # All is closed by now. Taking the modules apart would cost a second or more of the five that a stop may take.
    os._exit(code)
