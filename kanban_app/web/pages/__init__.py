"""The pages of the app."""

import reflex as rx

from kanban_app.web.pages.archive import archive_page
from kanban_app.web.pages.audit import audit_page
from kanban_app.web.pages.board import board_page
from kanban_app.web.pages.connection import connection_page
from kanban_app.web.pages.missing import missing_page
from kanban_app.web.pages.projects import projects_page
from kanban_app.web.pages.settings import settings_page
from kanban_app.web.pages.status import status_page
from kanban_app.web.states.archive import ArchiveState
from kanban_app.web.states.backups import BackupsState
from kanban_app.web.states.board import BoardState
from kanban_app.web.states.columns import ColumnsState
from kanban_app.web.states.connection import ConnectionState
from kanban_app.web.states.open_tab import OpenTabState
from kanban_app.web.states.panel import PanelState
from kanban_app.web.states.project import ProjectState
from kanban_app.web.states.projects import ProjectsState
from kanban_app.web.states.settings import SettingsState
from kanban_app.web.states.tokens import TokensState

__all__ = ["add_pages"]


def add_pages(app: rx.App) -> None:
    """Add every page. Feeds are started by `on_load` only: the framework ends those with the tab."""
    # Reflex's own connection toaster needs its toast provider and Radix colours; ours is part of the page.
    app.app_wraps.pop((5, "Overlay"), None)
    app.add_page(
        board_page,
        route="/",
        title="Board · Agentic Kanban",
        description="Drop a card on a column and watch its workflow run.",
        on_load=[PanelState.arrive, BoardState.follow, PanelState.follow, ProjectState.follow, OpenTabState.stay],
    )
    app.add_page(
        connection_page,
        route="/connection",
        title="Connection · Agentic Kanban",
        on_load=[ConnectionState.show, ConnectionState.follow, OpenTabState.stay],
    )
    app.add_page(
        status_page,
        route="/status",
        title="Status · Agentic Kanban",
        description="How the connection, the trigger service and this board are.",
        on_load=OpenTabState.stay,
    )
    app.add_page(
        settings_page,
        route="/settings",
        title="Settings · Agentic Kanban",
        description="The connection to the trigger service.",
        on_load=[
            SettingsState.follow,
            SettingsState.follow_trials,
            ColumnsState.load,
            TokensState.load,
            BackupsState.follow,
            OpenTabState.stay,
        ],
    )
    app.add_page(
        projects_page,
        route="/projects",
        title="Projects · Agentic Kanban",
        description="All boards of this machine.",
        on_load=[ProjectsState.follow, OpenTabState.stay],
    )
    app.add_page(
        archive_page,
        route="/archive",
        title="Archive and bin · Agentic Kanban",
        on_load=[ArchiveState.follow, OpenTabState.stay],
    )
    app.add_page(
        audit_page,
        route="/audit",
        title="Audit log · Agentic Kanban",
        description="Who did what, when, from where.",
        on_load=OpenTabState.stay,
    )
    app.add_page(missing_page, route="404", title="Not found · Agentic Kanban", on_load=OpenTabState.stay)
