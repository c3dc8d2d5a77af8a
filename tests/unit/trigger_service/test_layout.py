"""The folders of a run, and that no id leads out of them."""

from pathlib import Path

import pytest

from kanban_app.trigger_service.layout import ProjectLayout

LAYOUT = ProjectLayout(Path("/srv/project"))


def test_places() -> None:
    assert LAYOUT.scripts == Path("/srv/project/adws")
    assert LAYOUT.worktree("a1b2c3d4") == Path("/srv/project/trees/a1b2c3d4")
    assert LAYOUT.state_file("a1b2c3d4") == Path("/srv/project/agents/a1b2c3d4/adw_state.json")


@pytest.mark.parametrize("adw_id", ["", "..", "a/b", "../../etc", "a\n", "*", "x" * 65, "a1b2c3d4\0"])
def test_what_is_no_id_has_no_places(adw_id: str) -> None:
    for ask in (LAYOUT.worktree, LAYOUT.agents, LAYOUT.state_file):
        with pytest.raises(ValueError, match="not the id of a run"):
            ask(adw_id)


def test_links_do_not_lead_out() -> None:
    assert LAYOUT.contains(Path("/srv/project/specs/plan.md"))
    assert not LAYOUT.contains(Path("/srv/project/../other"))
