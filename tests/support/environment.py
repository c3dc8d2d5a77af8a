"""An environment in which no setting is given."""

import os
from pathlib import Path

import pytest


def without_settings(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """No variable of ours, and no `.env`: `folder` is the current one from now on."""
    for name in [name for name in os.environ if name.startswith("KANBAN_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(folder)
