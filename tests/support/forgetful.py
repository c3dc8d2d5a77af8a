"""The board with a short memory: `python -m tests.support.forgetful serve` forgets a tab `KEPT_S` after it has gone."""

import sys
from typing import Final

from kanban_app import config
from kanban_app.cli import main

KEPT_S: Final = 4

if __name__ == "__main__":
    # What follows from it is read from here, too, when the composition root is imported.
    config.TAB_KEPT_S = KEPT_S  # pyright: ignore[reportConstantRedefinition, reportAttributeAccessIssue]
    sys.exit(main())
