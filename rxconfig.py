"""Reflex settings; the app's own are in `kanban_app.config`."""

from pathlib import Path
from typing import Any

import reflex as rx
from reflex.constants import StateManagerMode
from reflex.plugins import Plugin
from reflex.utils.prerequisites import get_web_dir

from kanban_app.config import TAB_KEPT_S
from kanban_app.serving.relocatable import below_project, make_relocatable
from kanban_app.serving.slim import announce_board, own_files, with_late_fonts, with_stand_ins, without_sent_components


class RelocatableClient(Plugin):
    """Lets one build of the client work under every host, port and proxy, and for every project."""

    def pre_compile(self, **context: Any) -> None:
        context["add_modify_task"]("utils/state.js", below_project)

    def post_build(self, **context: object) -> None:
        make_relocatable(Path(str(context["static_dir"])))


class SlimClient(Plugin):
    """Lets the board be there soon on a slow line."""

    def pre_compile(self, **context: Any) -> None:
        context["add_save_task"](own_files, get_web_dir())
        context["add_modify_task"]("vite.config.js", with_stand_ins)
        context["add_modify_task"]("app/root.jsx", without_sent_components)
        context["add_modify_task"]("app/entry.client.js", with_late_fonts)

    def post_build(self, **context: object) -> None:
        announce_board(Path(str(context["static_dir"])))


config = rx.Config(
    app_name="kanban_app",
    telemetry_enabled=False,
    show_built_with_reflex=False,
    backend_host="127.0.0.1",
    # A cache of the store that every page load fills anew; the default (disk) costs half as much CPU again.
    state_manager_mode=StateManagerMode.MEMORY,
    # Of every kind of state manager, whatever its name says.
    redis_token_expiration=TAB_KEPT_S,
    # No CORS from Reflex at all: the gate around the whole app decides about origins.
    cors_allowed_origins=[],
    frontend_compression_formats=["brotli", "gzip"],
    plugins=[RelocatableClient(), SlimClient()],
    disable_plugins=[rx.plugins.SitemapPlugin],
)
