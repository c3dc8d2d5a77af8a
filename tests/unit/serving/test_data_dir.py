"""The data folder's lock and token."""

import stat
from pathlib import Path

import pytest

from kanban_app.errors import StartRefusal
from kanban_app.serving.data_dir import access_token, hold_data_dir


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "data"
    with hold_data_dir(folder) as first_use:
        assert first_use
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        with pytest.raises(StartRefusal, match="in use by another instance"), hold_data_dir(folder):
            pass
    with hold_data_dir(folder) as first_use:
        assert not first_use


def test_the_token_stays(tmp_path: Path) -> None:
    token = access_token(tmp_path)
    assert len(token) >= 32
    assert access_token(tmp_path) == token
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["token"]


def test_a_token_written_by_hand_is_taken(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("mine\n\n")
    assert access_token(tmp_path) == "mine"


def test_an_empty_token_file_is_filled(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("\n")
    assert access_token(tmp_path)
