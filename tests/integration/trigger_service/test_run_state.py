"""The state file of a run, whatever a script has left in its place."""

import os
from pathlib import Path

from kanban_app.trigger_service.layout import ProjectLayout
from kanban_app.trigger_service.run_state import read_state


def test_a_pipe_in_its_place_holds_nobody_up(tmp_path: Path) -> None:
    layout = ProjectLayout(tmp_path)
    file = layout.state_file("abcd1234")
    file.parent.mkdir(parents=True)
    os.mkfifo(file)
    assert read_state(layout, "abcd1234") == {}
