"""The pages of the app."""

import reflex as rx

from kanban_app.web.pages.board import board_page
from kanban_app.web.pages.connection import connection_page
from kanban_app.web.pages.missing import missing_page
from kanban_app.web.pages.settings import settings_page
from kanban_app.web.states.board import BoardState
from kanban_app.web.states.connection import ConnectionState
from kanban_app.web.states.panel import PanelState
from kanban_app.web.states.settings import SettingsState

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
        on_load=[BoardState.follow, PanelState.follow],
    )
    app.add_page(
        connection_page, route="/connection", title="Connection · Agentic Kanban", on_load=ConnectionState.show
    )
    app.add_page(
        settings_page,
        route="/settings",
        title="Settings · Agentic Kanban",
        description="The connection to the trigger service.",
        on_load=[SettingsState.follow],
    )
    app.add_page(missing_page, route="404", title="Not found · Agentic Kanban")
