"""Cards on the line (`states/shapes.py`) and whole again (`components/whole_card.js`), by the Node of the build."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kanban_app.services.view_shapes import StageView
from kanban_app.web import components
from kanban_app.web.states.shapes import BLANK, LeanCard, ScreenCard, lean

MODULE = Path(str(components.__file__)).with_name("whole_card.js")
NODE = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")

pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node")


def run(expression: str, tmp_path: Path) -> Any:
    copy = tmp_path / "whole_card.mjs"
    copy.write_text(MODULE.read_text())
    program = f"import * as m from {json.dumps(copy.as_uri())};console.log(JSON.stringify({expression}));"
    done = subprocess.run(
        [str(NODE), "--input-type=module", "-e", program], capture_output=True, text=True, check=True, timeout=30
    )
    return json.loads(done.stdout)


def whole(card: LeanCard, tmp_path: Path) -> Any:
    shards = [{}, {card["id"]: card}]
    return run(f"m.wholeCards({json.dumps(shards)}, {json.dumps(BLANK)})", tmp_path)[card["id"]]


def stage(name: str, state: str = "pending", percent: int = 0, started_at: int | None = None) -> StageView:
    return StageView(id=name, state=state, percent=percent, started_at=started_at, finished_at=None)


def card(**fields: Any) -> ScreenCard:
    return ScreenCard(**{**BLANK, "id": "c1", "number": 7, "title": "A card", **fields})


@pytest.mark.parametrize(
    "fields",
    [
        {"stages": ["plan", "build"], "stage_states": [stage("plan"), stage("build")]},
        {"stages": ["plan", "build"], "stage_states": [stage("plan", "running", 10, 5), stage("build")]},
        {"stages": ["plan"], "stage_states": []},
        {
            "can_start": False,
            "version": 3,
            "status": "running",
            "labels": ["a"],
            "live": {**BLANK["live"], "step": "S"},
        },
        {},
    ],
)
def test_a_card_is_whole_again(fields: dict[str, Any], tmp_path: Path) -> None:
    sent = card(**fields)
    assert whole(lean(sent), tmp_path) == sent


def test_of_a_card_that_waits_for_its_start_little_is_sent() -> None:
    sent = lean(card(stages=["plan", "build"], stage_states=[stage("plan"), stage("build")]))
    assert set(sent) == {"id", "number", "title", "stages"}


def test_a_card_that_has_not_changed_stays_the_same_object(tmp_path: Path) -> None:
    made = "m.wholeCards(shards, { stages: [] }).a"
    assert run(f"((shards) => {made} === {made})([{{ a: {{ id: 'a' }} }}])", tmp_path) is True
