"""The way from an error that is shown to its entry in troubleshooting."""

from typing import Any

import reflex as rx

from kanban_app.web.components.local import HelpLink


def help_link(error: Any) -> rx.Component:
    """A link for an `ErrorView` in a var; nothing where it has no code."""
    return HelpLink.create(code=error["code"], title=error["title"])
