"""Every event, called with what no browser of ours sends: nothing breaks, nothing changes, nothing large is kept."""

import inspect
import json
import logging
from pathlib import Path
from typing import Any, Final, cast

import pytest
import reflex as rx
from reflex.utils.format import format_event_handler
from reflex_base.event import Event

from kanban_app.errors import BoardError
from kanban_app.services.api_tokens import ApiTokens
from kanban_app.web import states, wiring
from tests.support.all_events import HANDLERS, STATES
from tests.support.fake_services import FakeBoard
from tests.support.headless import Tab

VALUES: Final[dict[str, Any]] = {
    "null": None,
    "number": 5,
    "huge number": 10**400,
    "boolean": True,
    "list": [],
    "lists in lists": [[["x"]]],
    "object": {},
    "strange object": {"__class__": "x", "title": {"a": []}, "type": 7, "stage-plan": {}},
    "empty text": "",
    "long text": "x" * 300_000,
    "half a surrogate pair": "\ud800",
    "form with half a pair": {"title": "\ud800", "description": "\udfff", "type": "bug", "stage-plan": "on"},
    "control characters": "\x00\x1b[31m\r\n",
    "markup": "<img src=x onerror=alert(1)>",
    "path": "../../etc/passwd",
    "encoded path": "..%2f..%2fetc%2fpasswd\x00.png",
    "negative": -1,
    "no number": float("nan"),
    "deep": json.loads('{"a":' * 200 + "1" + "}" * 200),
    "many": {str(number): number for number in range(5000)},
    "names of Python": {"__init__": {"__globals__": {}}, "self": 1, "op_id": {"$ne": None}},
}


class NoProjects:
    """A board whose projects are all unknown."""

    several, version, backups = False, 1, None

    def views(self) -> list[object]:
        return []

    async def rename(self, _project: str, _title: str) -> None:
        raise BoardError("E-SYS-3", {"what": "This project"})

    async def create(self, _title: str, **_more: str) -> None:
        raise BoardError("E-PROJ-3", {"limit": "0"})

    async def archive(self, _project: str) -> None:
        raise BoardError("E-SYS-3", {"what": "This project"})

    open = archive


@pytest.fixture
def board(tmp_path: Path) -> FakeBoard:
    made = FakeBoard(tokens=tmp_path)
    wiring.connect(made.services, cast("Any", NoProjects()))
    return made


def test_every_state_is_looked_at() -> None:
    files = {file.stem for file in Path(states.__path__[0]).glob("*.py") if "(rx.State)" in file.read_text()}
    assert files <= {state.__module__.rpartition(".")[2] for state in STATES}
    assert len(HANDLERS) > 50


def calls_of(state: type[rx.State], name: str, value: Any) -> Event:
    handler = state.event_handlers[name]
    parameters = list(inspect.signature(handler.fn).parameters)[1:]
    return Event(name=format_event_handler(handler), payload=dict.fromkeys(parameters, value))


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
@pytest.mark.parametrize("handler", HANDLERS, ids=lambda entry: f"{entry[0].__name__}.{entry[1]}")
async def test_no_argument_breaks_an_event(
    tab: Tab, board: FakeBoard, caplog: pytest.LogCaptureFixture, handler: tuple[type[rx.State], str], value: Any
) -> None:
    task = await board.add("Stays")
    before = board.services.reader.cards()
    sent = await tab.send(calls_of(*handler, value))
    assert tab.errors == []
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert board.services.reader.cards() == before
    assert task in before
    assert board.tokens is not None
    assert ApiTokens(board.tokens).all() == []
    assert len(json.dumps(sent)) < 5_000
    # What cannot be sent would end the tab's socket, now and whenever it comes back.
    json.dumps(sent, ensure_ascii=False).encode()
