"""How the connection, the service and this board are. The browser asks the API for it while the page is in view."""

import reflex as rx

from kanban_app.web.components.local_status import StatusView
from kanban_app.web.components.subpage import subpage
from kanban_app.web.states.board import BoardState


def status_page() -> rx.Component:
    return subpage(
        "Status",
        StatusView.create(
            on_retry=BoardState.retry_now, on_connect=BoardState.connect, on_disconnect=BoardState.disconnect
        ),
    )
