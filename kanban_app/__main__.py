"""`python -m kanban_app …`"""

import os
import sys

from kanban_app.cli import main

if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # All is closed by now. Taking the modules apart would cost a second or more of the five that a stop may take.
    os._exit(code)
