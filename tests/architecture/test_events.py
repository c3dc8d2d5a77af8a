"""Events are open to everybody with a socket, so the list of them is kept here."""

from typing import Final

import reflex as rx
from reflex.state import State

from kanban_app.web.pages import add_pages
from kanban_app.web.states.archive import ArchiveState
from kanban_app.web.states.backups import BackupsState
from kanban_app.web.states.board import BoardState
from kanban_app.web.states.cards import CardState
from kanban_app.web.states.columns import ColumnsState
from kanban_app.web.states.connection import ConnectionState
from kanban_app.web.states.editor import EditorState
from kanban_app.web.states.merging import MergeState
from kanban_app.web.states.open_tab import OpenTabState
from kanban_app.web.states.panel import PanelState
from kanban_app.web.states.patching import PatchState
from kanban_app.web.states.preview import PreviewState
from kanban_app.web.states.project import ProjectState
from kanban_app.web.states.projects import ProjectsState
from kanban_app.web.states.settings import SettingsState
from kanban_app.web.states.several import SeveralState
from kanban_app.web.states.templates import TemplateState
from kanban_app.web.states.toasts import ToastState
from kanban_app.web.states.tokens import TokensState

EVENTS: Final[dict[type[rx.State], set[str]]] = {
    BoardState: {"follow", "move", "ask", "retry_now", "connect", "disconnect", "came_online"},
    CardState: {"act", "take_back", "check"},
    MergeState: {"preview", "forget"},
    PatchState: {"open", "resume", "close", "save"},
    PreviewState: {"show", "forget"},
    SeveralState: {"act"},
    ArchiveState: {"follow", "choose", "look", "restore", "ask", "keep", "purge", "take_back"},
    BackupsState: {"follow", "back_up"},
    ConnectionState: {"show", "follow", "adopt", "check_health"},
    EditorState: {"create", "edit", "resume", "close", "save", "take_way"},
    TemplateState: {"keep", "rename", "delete"},
    OpenTabState: {"stay"},
    PanelState: {"arrive", "follow", "show_tab", "choose", "look_at"},
    ColumnsState: {"load", "save"},
    ProjectState: {"follow"},
    ProjectsState: {"follow", "create", "ask_name", "rename", "archive", "open"},
    SettingsState: {"follow", "follow_trials", "save", "test", "retry_now"},
    ToastState: {"dismiss", "accept"},
    TokensState: {"load", "create", "ask", "revoke", "forget"},
}  # fmt: skip


def test_a_browser_can_call_events_and_nothing_else() -> None:
    assert {cls: set(cls.event_handlers) - {"setvar"} for cls in EVENTS} == EVENTS


def test_these_are_all_states() -> None:
    ours = {cls for cls in State.get_substates() if cls.__module__.startswith("kanban_app.")}
    assert ours == set(EVENTS)


def test_every_page_keeps_its_tab() -> None:
    app = rx.App(toaster=None, theme=None)
    add_pages(app)
    pages = app._unevaluated_pages  # pyright: ignore[reportPrivateUsage]
    for route, page in pages.items():
        on_load = page.on_load if isinstance(page.on_load, list) else [page.on_load]
        assert OpenTabState.stay in on_load, route


def test_a_browser_can_set_no_var() -> None:
    """`setvar` is of Reflex: it looks for a setter, and a setter for a var has to be written or asked for."""
    setters = {name for cls in EVENTS for name in dir(cls) if name.startswith("set_")}
    assert setters == {"set_is_hydrated"}
