"""Every event, called with what no browser of ours sends: nothing breaks, nothing changes, nothing large is kept."""

import inspect
import json
from typing import Any, Final

import pytest
import reflex as rx
from reflex.utils.format import format_event_handler
from reflex_base.event import Event

from kanban_app.web.states.board import BoardState
from kanban_app.web.states.cards import CardState
from kanban_app.web.states.editor import EditorState
from kanban_app.web.states.panel import PanelState
from kanban_app.web.states.toasts import ToastState
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
}
STATES: Final = (BoardState, CardState, EditorState, PanelState, ToastState)
HANDLERS: Final = [
    (state, name) for state in STATES for name in sorted(state.event_handlers) if name not in {"setvar", "follow"}
]


def calls_of(state: type[rx.State], name: str, value: Any) -> Event:
    handler = state.event_handlers[name]
    parameters = list(inspect.signature(handler.fn).parameters)[1:]
    return Event(name=format_event_handler(handler), payload=dict.fromkeys(parameters, value))


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
@pytest.mark.parametrize(("state", "name"), HANDLERS, ids=lambda entry: getattr(entry, "__name__", entry))
async def test_no_argument_breaks_an_event(tab: Tab, board: FakeBoard, state: type[rx.State], name: str, value: Any):
    task = await board.add("Stays")
    before = board.services.reader.cards()
    sent = await tab.send(calls_of(state, name, value))
    assert tab.errors == []
    assert board.services.reader.cards() == before
    assert task in before
    assert len(json.dumps(sent)) < 5_000
