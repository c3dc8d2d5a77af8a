"""Every event of the pages that changes something leaves an entry in the audit log, with who has sent it from where."""

import dataclasses
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast
from uuid import uuid4

import pytest
from reflex_base.event import Event

from kanban_app.asgi import WHO_HEADER
from kanban_app.domain.audit import Action, Actor, Way
from kanban_app.domain.commands import ArchiveTask, DeleteTask
from kanban_app.domain.stages import Column, Stage
from kanban_app.web import wiring
from kanban_app.web.states.archive import ArchiveState
from kanban_app.web.states.board import BoardState
from kanban_app.web.states.cards import CardState
from kanban_app.web.states.columns import ColumnsState
from kanban_app.web.states.connection import ConnectionState
from kanban_app.web.states.editor import EditorState
from kanban_app.web.states.patching import PatchState
from kanban_app.web.states.settings import SettingsState
from kanban_app.web.states.several import SeveralState
from kanban_app.web.states.templates import TemplateState
from kanban_app.web.states.tokens import TokensState
from tests.support.all_events import HANDLERS
from tests.support.fake_services import FakeBoard
from tests.support.headless import Tab

ANNA: Final = Actor("Anna Ö", "person", "10.0.0.7", Way.BOARD)
HEADERS: Final = {WHO_HEADER: "person 10.0.0.7 Anna%20%C3%96"}


@dataclass
class Scene:
    """A board with a card in the backlog and one that runs, and Anna's tab."""

    board: FakeBoard
    tab: Tab
    card: str
    running: str

    async def send(self, spec: Any) -> None:
        for event in Event.from_event_type(spec):
            data = {"pathname": "/", "query": {}, "headers": HEADERS}
            sent = dataclasses.replace(event, router_data=data)
            await (await self.tab._processor.enqueue(self.tab.token, sent)).wait_all()

    async def do(self, command: Any) -> None:
        outcome = await self.board.services.board.execute(command, author="test")
        assert outcome.ok


@pytest.fixture
async def scene(tmp_path: Path) -> Any:
    board = FakeBoard(tokens=tmp_path)
    board.columns.__init__(cast("Any", board.store))
    wiring.connect(board.services)
    async with Tab() as tab:
        card, running = await board.add("Rests"), await board.add("Runs")
        await board.move(running, Column.PLAN)
        await board.run(running, Stage.PLAN, 10)
        board.recorded()
        yield Scene(board, tab, card, running)
    wiring.connect(None)


def op() -> str:
    return str(uuid4())


async def _undo(s: Scene) -> None:
    of = op()
    await s.send(BoardState.move(of, s.card, "completed", None))
    await s.send(CardState.take_back(op(), "undo", s.card, {"of": of}))


async def _save_card(s: Scene) -> None:
    await s.send(EditorState.create())
    state = await s.tab.state(EditorState)
    form = {"op_id": state.op_id, "task_id": "", "version": "0", "title": "New", "description": "", "type": "feature"}
    await s.send(EditorState.save(form))


async def _patch(s: Scene) -> None:
    await s.send(PatchState.open(s.running))
    state = await s.tab.state(PatchState)
    await s.send(PatchState.save({"op_id": state.op_id, "task_id": s.running, "text": "Change it"}))


async def _restore(s: Scene) -> None:
    await s.do(ArchiveTask(s.card))
    await s.send(ArchiveState.restore(s.card))


async def _restore_and_back(s: Scene) -> None:
    await _restore(s)
    await s.send(ArchiveState.take_back())


async def _purge(s: Scene) -> None:
    await s.do(DeleteTask(s.card))
    await s.send(ArchiveState.ask(s.card))
    await s.send(ArchiveState.purge())


async def _revoke(s: Scene) -> None:
    tokens = s.board.services.tokens
    assert tokens is not None
    token, _ = tokens.create("CI", ["read"])
    await s.send(TokensState.revoke(token.id))


FIELDS: Final = {"title": "", "description": "", "type": "feature", "stage-plan": "on"}
NEW_TOKEN: Final = {"op_id": "page-1", "token-name": "CI", "token-scope-read": "on"}
Deed = Callable[[Scene], Awaitable[None]]
CHANGING: Final[dict[str, tuple[Deed, Action]]] = {
    "ArchiveState.purge": (_purge, Action.TASK_PURGED),
    "ArchiveState.restore": (_restore, Action.TASK_RESTORED),
    "ArchiveState.take_back": (_restore_and_back, Action.OPERATION_UNDONE),
    "BoardState.connect": (lambda s: s.send(BoardState.connect()), Action.CONNECTION_OPENED),
    "BoardState.disconnect": (lambda s: s.send(BoardState.disconnect()), Action.CONNECTION_CLOSED),
    "BoardState.move": (lambda s: s.send(BoardState.move(op(), s.card, "plan", None)), Action.TASK_MOVED),
    "BoardState.retry_now": (lambda s: s.send(BoardState.retry_now()), Action.CONNECTION_RETRIED),
    "CardState.act": (lambda s: s.send(CardState.act(op(), "delete", s.card, "")), Action.TASK_DELETED),
    "CardState.take_back": (_undo, Action.OPERATION_UNDONE),
    "ColumnsState.save": (lambda s: s.send(ColumnsState.save({"title-plan": "Think"})), Action.SETTINGS_COLUMNS),
    "ConnectionState.adopt": (lambda s: s.send(ConnectionState.adopt("0a1b2c3d")), Action.TASK_CREATED),
    "EditorState.save": (_save_card, Action.TASK_CREATED),
    "PatchState.save": (_patch, Action.RUN_PATCHED),
    "SettingsState.retry_now": (lambda s: s.send(SettingsState.retry_now()), Action.CONNECTION_RETRIED),
    "SettingsState.save": (
        lambda s: s.send(SettingsState.save({"max_concurrent_runs": "3"})), Action.SETTINGS_CONNECTION,
    ),
    "SeveralState.act": (
        lambda s: s.send(SeveralState.act(op(), "quick-add", "", {"lines": "One\nTwo"})), Action.TASK_CREATED,
    ),
    "TemplateState.delete": (lambda s: s.send(TemplateState.delete(op(), "none")), Action.TEMPLATE_DELETED),
    "TemplateState.keep": (lambda s: s.send(TemplateState.keep(op(), "Usual", FIELDS)), Action.TEMPLATE_SAVED),
    "TemplateState.rename": (lambda s: s.send(TemplateState.rename(op(), "none", "Other")), Action.TEMPLATE_RENAMED),
    "TokensState.create": (lambda s: s.send(TokensState.create(NEW_TOKEN)), Action.TOKEN_CREATED),
    "TokensState.revoke": (_revoke, Action.TOKEN_REVOKED),
}  # fmt: skip
# Services record these, and tests of the services look at it.
ELSEWHERE: Final = {
    "BackupsState.back_up": "unit/services/test_backups.py",
    "CardState.check": "integration/serving/test_audit.py",
    "ProjectsState.archive": "unit/services/test_projects.py",
    "ProjectsState.create": "unit/services/test_projects.py",
    "ProjectsState.open": "unit/services/test_projects.py",
    "ProjectsState.rename": "unit/services/test_projects.py",
    "ToastState.accept": "commands of the board, by the door of all others",
}
ONLY_LOOKING: Final = {
    "ArchiveState.ask", "ArchiveState.choose", "ArchiveState.keep", "ArchiveState.look",
    "BoardState.ask", "BoardState.came_online", "ColumnsState.load", "ConnectionState.check_health",
    "ConnectionState.show", "EditorState.close", "EditorState.create", "EditorState.edit", "EditorState.resume",
    "EditorState.take_way", "MergeState.forget", "MergeState.preview", "PanelState.arrive", "PanelState.choose",
    "PanelState.look_at", "PanelState.show_tab", "PatchState.close", "PatchState.open", "PatchState.resume",
    "PreviewState.forget", "PreviewState.show", "ProjectsState.ask_name", "SettingsState.test", "ToastState.dismiss",
    "TokensState.ask", "TokensState.forget", "TokensState.load",
}  # fmt: skip


def test_every_event_is_accounted_for() -> None:
    there = {f"{state.__name__}.{name}" for state, name in HANDLERS}
    known = CHANGING.keys() | ELSEWHERE.keys() | ONLY_LOOKING
    assert there - known == set(), "say here which entry this leaves in the audit log, or that it changes nothing"
    assert known - there == set()


@pytest.mark.parametrize("name", CHANGING)
async def test_an_event_leaves_an_entry_with_who_sent_it(scene: Scene, name: str) -> None:
    deed, action = CHANGING[name]
    await deed(scene)
    assert scene.tab.errors == []
    entries = [entry for entry in scene.board.recorded() if entry.act.action is action]
    assert entries
    assert {entry.actor for entry in entries} == {ANNA}


async def test_what_the_board_does_by_itself_is_nobody_elses(scene: Scene) -> None:
    await scene.send(BoardState.move(op(), scene.card, "plan", None))
    await scene.board.run(scene.card, Stage.PLAN, 10)
    entries = scene.board.recorded()
    assert {(entry.act.action, entry.actor.name) for entry in entries} == {
        (Action.TASK_MOVED, "Anna Ö"),
        (Action.RUN_TRIGGERED, "the board itself"),
    }


async def test_a_token_is_in_no_entry(scene: Scene) -> None:
    await scene.send(TokensState.create(NEW_TOKEN))
    secret = (await scene.tab.state(TokensState)).secret
    await scene.send(SettingsState.save({"tac7_token": "a-secret-of-ours", "tac7_url": "ws://x.example/ws"}))
    said = repr(scene.board.recorded())
    assert "KANBAN_TAC7_TOKEN" in said
    assert secret
    assert secret not in said
    assert "a-secret-of-ours" not in said
