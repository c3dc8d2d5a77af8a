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
            "/styles/log.css",
            "/styles/subpage.css",
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
        rx.el.meta(name="theme-color", content="#ffffff", media="(prefers-color-scheme: light)"),
        rx.el.meta(name="theme-color", content="#15181b", media="(prefers-color-scheme: dark)"),
        rx.el.meta(name="color-scheme", content="light dark"),
    ]
