"""Images of a ticket become files of the run."""

import base64
import json
from pathlib import Path
from typing import Any

from kanban_app.trigger_service.images import LARGEST, MOST, as_files
from kanban_app.trigger_service.service import TriggerService
from tests.support.adw_project import AdwProject, make_project
from tests.support.service_app import new_config, running
from tests.support.service_memory import MemoryJournal, MemoryLedger

DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
INLINE = f"data:image/png;base64,{base64.b64encode(DOT).decode()}"


def images(tmp_path: Path, *given: Any) -> list[Any]:
    return as_files({"title": "x", "images": list(given)}, tmp_path / "images")["images"]


def test_an_image_of_any_shape_becomes_a_file(tmp_path: Path) -> None:
    text, named = images(tmp_path, INLINE, {"name": "a.png", "dataUrl": INLINE, "notes": [1]})
    assert Path(text["path"]).read_bytes() == DOT
    assert named == {"name": "a.png", "notes": [1], "path": str(tmp_path / "images" / "2.png")}
    assert Path(named["path"]).read_bytes() == DOT


def test_what_is_no_image_here_stays(tmp_path: Path) -> None:
    others = ["https://example.org/a.png", {"path": "docs/a.png"}, 7, None, {"data": "data:text/html;base64,PGI+"}]
    assert images(tmp_path, *others) == others
    assert not (tmp_path / "images").exists()


def test_too_large_or_unreadable_is_said(tmp_path: Path) -> None:
    large = "data:image/png;base64," + "A" * (LARGEST * 4 // 3 + 8)
    assert images(tmp_path, {"name": "a", "data": large}) == [{"name": "a", "error": "larger than 5 MB"}]
    assert images(tmp_path, "data:image/gif;base64,###") == [{"error": "not readable"}]


def test_no_more_than_so_many(tmp_path: Path) -> None:
    assert len(images(tmp_path, *[INLINE] * (MOST + 5))) == MOST


async def test_a_script_finds_them_in_its_ticket_and_in_its_state(tmp_path: Path) -> None:
    project: AdwProject = make_project(tmp_path / "project", adw_plan_iso="quiet")
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    (tmp_path / "data").mkdir()
    service = TriggerService(new_config(tmp_path / "data", project_dir=project.root), ledger, journal)
    async with running(service, ledger, journal) as app, app.board() as board:
        issue = {"title": "x", "images": [{"name": "a.png", "data": INLINE}]}
        await board.trigger(workflow_type="adw_plan_iso", adw_id="abcd1234", request_id="r", issue_json=issue)
        await board.final("abcd1234")
    run_dir = Path(ledger.rows["r"].run_dir)
    (told,) = json.loads((run_dir / "issue.json").read_text())["images"]
    assert (told["name"], (run_dir / "images" / "1.png").read_bytes()) == ("a.png", DOT)
    assert told["path"] == str(run_dir / "images" / "1.png")
    assert project.state("abcd1234")["issue_json"]["images"] == [told]
