"""Reflex settings; the app's own are in `kanban_app.config`."""

from pathlib import Path

import reflex as rx
from reflex.constants import StateManagerMode
from reflex.plugins import Plugin

from kanban_app.serving.relocatable import make_relocatable


class RelocatableClient(Plugin):
    """Lets one build of the client work under every host, port and proxy."""

    def post_build(self, **context: object) -> None:
        make_relocatable(Path(str(context["static_dir"])))


config = rx.Config(
    app_name="kanban_app",
    telemetry_enabled=False,
    show_built_with_reflex=False,
    backend_host="127.0.0.1",
    # A cache of the store that every page load fills anew; the default (disk) costs half as much CPU again.
    state_manager_mode=StateManagerMode.MEMORY,
    # No CORS from Reflex at all: the gate around the whole app decides about origins.
    cors_allowed_origins=[],
    frontend_compression_formats=["brotli", "gzip"],
    plugins=[RelocatableClient()],
    disable_plugins=[rx.plugins.SitemapPlugin],
)
