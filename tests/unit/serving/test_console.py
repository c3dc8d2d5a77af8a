"""Lines for the person at the terminal come whole, between those of the log."""

import io
import sys
from pathlib import Path

import pytest

from kanban_app.config import Settings
from kanban_app.runtime import Launch
from kanban_app.serving.console import announce


class Pieces(io.StringIO):
    """A stream that keeps each write by itself, as a pipe does where nothing is buffered."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def write(self, text: str, /) -> int:
        self.pieces.append(text)
        return len(text)


def test_a_line_is_written_in_one_piece(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    out, err = Pieces(), Pieces()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    launch = Launch(Settings(data_dir=tmp_path, embedded=True), "127.0.0.1", 8000, "secret", "internal")
    announce(launch, first_use=True)
    assert out.pieces == ["Open http://127.0.0.1:8000/?token=secret\n"]
    assert len(err.pieces) > 1
    assert all(piece.endswith("\n") and len(piece) > 1 for piece in err.pieces)
