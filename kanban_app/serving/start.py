"""`serve`: from settings to a running board, in the order that makes every refusal harmless.

Data folder, port, database, front end, composition root, server: each step fails with one sentence before the next
one begins.
"""

import os
import secrets
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from importlib import import_module
from pathlib import Path
from socket import socket
from typing import Final
from urllib.parse import urlsplit

from kanban_app import runtime
from kanban_app.api.credentials import AccessToken
from kanban_app.api.gate import Gate, api_tokens
from kanban_app.api.origins import HostRules
from kanban_app.api.policy import PagePolicy, inline_scripts
from kanban_app.api.project_paths import ProjectPaths
from kanban_app.asgi import Application
from kanban_app.config import AuthMode, Settings
from kanban_app.errors import StartRefusal
from kanban_app.observing.logs import adopt_loggers, logging_to
from kanban_app.observing.masking import KNOWN
from kanban_app.observing.requests import Observed
from kanban_app.runtime import Launch
from kanban_app.serving.cache import CacheHeaders
from kanban_app.serving.console import announce, farewell, say
from kanban_app.serving.data_dir import TokenFile, access_token, hold_data_dir
from kanban_app.serving.frontend import current_build
from kanban_app.serving.listening import bound_port, leads_to, listen
from kanban_app.serving.server import LifespanGuard, make_server, run

ROOT: Final = Path(__file__).resolve().parents[2]
# Imported by name: the compiler imports it too, and nothing else may depend on it.
_COMPOSITION_ROOT: Final = "kanban_app.kanban_app"
_DEFAULT_PORTS: Final = {"ws": 80, "wss": 443}


def serve(settings: Settings, prepare_database: Callable[[Settings], None]) -> None:
    """Run the board until it is told to stop. Raises `StartRefusal` with the sentence to show.

    `prepare_database` brings the database to the form that this version needs, or raises `StartRefusal`.
    """
    with ExitStack() as held:
        logs = held.enter_context(logging_to(settings))
        _refuse_without_git(settings)
        first_use = held.enter_context(hold_data_dir(settings.data_dir))
        logs.write_file(settings.data_dir)
        listener = held.enter_context(listen(settings.host, settings.port))
        is_own = partial(_is_own, listener)
        _refuse_own_address(settings.tac7_url, is_own)
        prepare_database(settings)
        web_dir = held.enter_context(current_build(ROOT, say))
        launch = _launch(settings, bound_port(listener), is_own)
        guard = LifespanGuard(_gated(load_application(launch, web_dir), launch, web_dir))
        server = make_server(guard, lambda: announce(launch, first_use=first_use), lambda: _begin_to_stop(launch))
        run(server, guard, listener)
    _take_leave(launch)


def build() -> None:
    """Build the front end, for an installation whose folder the running program cannot write to."""
    with current_build(ROOT, say):
        say("The front end is built.")


def load_application(launch: Launch | None, web_dir: Path) -> Application:
    """The composition root's app, serving the built client from `web_dir` without compiling anything."""
    # Reflex looks for rxconfig.py in the working folder; every path of ours is absolute by now.
    os.chdir(ROOT)
    for name in [name for name in os.environ if name.lstrip("_").startswith("REFLEX_")]:
        del os.environ[name]
    os.environ |= {
        "REFLEX_ENV_MODE": "prod",
        "REFLEX_WEB_WORKDIR": str(web_dir),
        "REFLEX_TELEMETRY_ENABLED": "false",
        "REFLEX_CHECK_LATEST_VERSION": "false",
        # A sleeping laptop's tab is given up after 25 s instead of 145 s: until then its messages pile up.
        "REFLEX_SOCKET_INTERVAL": "10",
        "REFLEX_SOCKET_TIMEOUT": "15",
        # Internal to Reflex; a test that boots the built tree guards both.
        "__REFLEX_SKIP_COMPILE": "true",
        "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
    }
    runtime.set_launch(launch)
    application: Application = import_module(_COMPOSITION_ROOT).app()
    adopt_loggers()
    return application


def _launch(settings: Settings, port: int, is_own: Callable[[str], bool]) -> Launch:
    launch = Launch(
        settings=settings,
        host=settings.host,
        port=port,
        access_token=_access_token(settings),
        internal_token=secrets.token_urlsafe(32),
        is_own=is_own,
    )
    KNOWN.add(launch.access_token, launch.internal_token)
    return launch


def _access_token(settings: Settings) -> str | None:
    if settings.auth is AuthMode.NONE:
        return None
    return settings.token.get_secret_value() if settings.token else access_token(settings.data_dir)


def _access_token_now(launch: Launch) -> AccessToken:
    """A token of the environment stays as long as the process; one of the data folder can be rotated."""
    if launch.access_token is None or launch.settings.token:
        return launch.access_token
    return TokenFile(launch.settings.data_dir)


def _gated(app: Application, launch: Launch, web_dir: Path) -> Application:
    """The gate stands around Reflex too, so neither its CORS layer nor its own endpoints are reached without it.

    It sees the paths of all projects alike.
    """
    settings = launch.settings
    rules = HostRules.of(settings.host, settings.allowed_origins, settings.trusted_proxies)
    policy = PagePolicy(inline_scripts(web_dir / "build" / "client"))
    gate = Gate(
        CacheHeaders(app),
        rules,
        _access_token_now(launch),
        launch.internal_token,
        tokens=api_tokens(settings.data_dir),
        policy=policy,
        trail=launch.trail,
    )
    return ProjectPaths(Observed(gate))


def _is_own(listener: socket, url: str) -> bool:
    parts = urlsplit(url)
    return leads_to(listener, parts.hostname or "", parts.port or _DEFAULT_PORTS[parts.scheme])


def _refuse_own_address(url: str | None, is_own: Callable[[str], bool]) -> None:
    if url is not None and is_own(url):
        raise StartRefusal(
            f"KANBAN_TAC7_URL is {url}, which is this board itself: leave it unset to use the built-in service."
        )


def _refuse_without_git(settings: Settings) -> None:
    needs_git = settings.runs_embedded_service and settings.project_dir is not None
    if needs_git and shutil.which("git") is None:
        raise StartRefusal(
            f"The runs of KANBAN_PROJECT_DIR ({settings.project_dir}) need git, and there is none on the PATH."
        )


def _begin_to_stop(launch: Launch) -> None:
    for callback in launch.on_stopping:
        callback()


def _take_leave(launch: Launch) -> None:
    if line := farewell(launch):
        say(line)
    if launch.exit_report.failure:
        say(launch.exit_report.failure)
        raise SystemExit(1)
