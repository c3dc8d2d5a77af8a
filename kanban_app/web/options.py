"""What the composition root hands to `rx.App` for the sake of the screen."""

import logging
from typing import Any, Final

import reflex as rx

_log: Final = logging.getLogger(__name__)


def app_options() -> dict[str, Any]:
    """Keyword arguments for `rx.App`: style sheets, document head, language, and no Radix or toast library."""
    return {
        "stylesheets": [
            "/styles/base.css",
            "/styles/board.css",
            "/styles/card.css",
            "/styles/drag.css",
            "/styles/surfaces.css",
            "/styles/acting.css",
            "/styles/find.css",
            "/styles/several.css",
            "/styles/commands.css",
            "/styles/markdown.css",
            "/styles/images.css",
            "/styles/planning.css",
            "/styles/log.css",
            "/styles/inside.css",
            "/styles/changes.css",
            "/styles/subpage.css",
            "/styles/projects.css",
            "/styles/told.css",
        ],
        "head_components": _head(),
        "html_lang": "en",
        "toaster": None,
        "theme": None,
        "backend_exception_handler": handle_exception,
    }


def handle_exception(exception: Exception) -> None:
    """Handlers turn what goes wrong into toasts; what is left is a defect of ours, for the log."""
    _log.error("an event handler failed", exc_info=exception)


def _head() -> list[rx.Component]:
    return [
        rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
        rx.el.link(rel="apple-touch-icon", href="/icon-192.png"),
        rx.el.link(rel="manifest", href="/manifest.webmanifest", custom_attrs={"crossOrigin": "use-credentials"}),
        _theme_color("#ffffff", "light"),
        _theme_color("#15181b", "dark"),
        rx.el.meta(name="color-scheme", content="light dark"),
    ]


def _theme_color(color: str, scheme: str) -> rx.Component:
    # As a keyword, `media` would become a style of the element.
    return rx.el.meta(name="theme-color", content=color, custom_attrs={"media": f"(prefers-color-scheme: {scheme})"})
