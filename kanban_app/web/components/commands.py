"""The command palette and the keys of the page, and the buttons that open the palette."""

import reflex as rx

from kanban_app.web.components import icons
from kanban_app.web.components.local import Commands
from kanban_app.web.states.board import BoardState
from kanban_app.web.states.editor import EditorState


def commands() -> rx.Component:
    return Commands.create(
        connection=BoardState.connection["state"],
        on_new=EditorState.create,
        on_theme=rx.toggle_color_mode,
        on_retry=BoardState.retry_now,
        on_connect=BoardState.connect,
        on_disconnect=BoardState.disconnect,
    )


def commands_button() -> rx.Component:
    """Opens the palette; the way to it without a keyboard."""
    return rx.el.button(
        icons.commands(),
        type="button",
        class_name="icon-button",
        aria_label="Commands",
        aria_haspopup="dialog",
        title="Commands (Ctrl+K, on a Mac Cmd+K)",
        custom_attrs={"data-palette": "all", "data-testid": "commands", "aria-keyshortcuts": "Control+K Meta+K"},
    )


def card_actions_button() -> rx.Component:
    """Opens the palette with the actions of the open card."""
    return rx.el.button(
        icons.more(),
        type="button",
        class_name="icon-button",
        aria_label="Actions for this card",
        aria_haspopup="dialog",
        custom_attrs={"data-palette": "card", "data-testid": "panel-menu"},
    )
