"""What a file is, and what is in it."""

from datetime import datetime
from pathlib import Path
from typing import Any, Final, cast

from kanban_app.services.transfer.board_reading import read_board_file
from kanban_app.services.transfer.browser_storage import is_browser_storage, read_browser_storage
from kanban_app.services.transfer.original_database import SIGNATURE, read_database
from kanban_app.services.transfer.source import Source, UnreadableFile
from kanban_app.tac7.codec import load

MIB: Final = 1024 * 1024
LARGEST_STORAGE: Final = 16 * MIB
"""A browser keeps less; it is decoded in one go, during which nothing else happens."""
_KNOWN: Final = "an export of a board, the original's browser storage as JSON, or its agentickanban.db"


def read_file(path: Path, now: datetime) -> Source:
    """The cards of a file of any of the three kinds, by its content. For a thread. Raises UnreadableFile."""
    with path.open("rb") as file:
        if file.read(len(SIGNATURE)) == SIGNATURE:
            return read_database(path, now)
    board = read_board_file(path)
    if board is not None:
        return board
    if path.stat().st_size > LARGEST_STORAGE:
        raise UnreadableFile(
            f"it is no export of a board, and larger than the {LARGEST_STORAGE // MIB} MiB of other JSON"
        )
    value = _decoded(path.read_bytes())
    if is_browser_storage(value):
        return read_browser_storage(value, now)
    raise UnreadableFile(f"it is not {_KNOWN}")


def _decoded(data: bytes) -> dict[str, Any]:
    try:
        value = load(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise UnreadableFile(f"it is not {_KNOWN}") from None
    if not isinstance(value, dict):
        raise UnreadableFile(f"it is not {_KNOWN}")
    return cast("dict[str, Any]", value)
