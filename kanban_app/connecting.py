"""What the settings of the connection mean for client and outbox. Used by the composition root only."""

import asyncio
from typing import Final

from kanban_app.client.probe import ProbeResult, probe
from kanban_app.client.settings import ClientSettings
from kanban_app.client.urls import UnusableUrl, parse_url
from kanban_app.config import Settings
from kanban_app.errors import describe
from kanban_app.observing.masking import KNOWN
from kanban_app.runtime import Launch
from kanban_app.services.connection_settings import Probe
from kanban_app.services.health.surroundings import Elsewhere
from kanban_app.services.limits import Limits
from kanban_app.services.retention import Keep
from kanban_app.tac7.limits import Limits as SessionLimits

QUIET_FIRST_S: Final = 20.0


def client_settings(launch: Launch, settings: Settings) -> ClientSettings:
    """For the service that the settings name, which is the embedded one when they name none."""
    limits = SessionLimits(
        trigger_s=settings.trigger_timeout_s,
        trigger_s_by_type=settings.trigger_timeouts_s,
        ping_every_s=settings.heartbeat_s,
    )
    KNOWN.add(token_of(settings))
    if settings.tac7_url is None:
        url = launch.project_url.replace("http", "ws", 1) + "/ws/trigger"
        token, first_s = launch.internal_token, QUIET_FIRST_S
        return ClientSettings(url, token, embedded=True, quiet_first_s=first_s, limits=limits)
    return ClientSettings(settings.tac7_url, token_of(settings) or None, settings.tac7_ca_file, limits=limits)


def token_of(settings: Settings) -> str:
    """The service's token; "" where there is none."""
    return settings.tac7_token.get_secret_value() if settings.tac7_token else ""


def outbox_limits(settings: Settings) -> Limits:
    return Limits(
        settings.max_concurrent_runs, settings.triggers_per_minute, settings.run_silent_after_s, settings.stuck_after_s
    )


def keep_of(settings: Settings) -> Keep:
    return Keep(
        log_days=settings.keep_logs_days,
        log_lines=settings.keep_log_lines,
        event_days=settings.keep_events_days,
        events=settings.keep_events,
        audit_days=settings.keep_audit_days,
    )


async def refusal_of(launch: Launch, url: str) -> str | None:
    """Why an address cannot be used, as the end of a sentence about it; None when it can."""
    try:
        parse_url(url)
    except UnusableUrl as problem:
        return f"cannot be used: {problem}".rstrip(".")
    if await asyncio.to_thread(launch.is_own, url):
        return "is this board itself: leave it empty to use the built-in service"
    return None


async def try_out(launch: Launch, settings: Settings) -> Probe:
    """Connect, ping, leave."""
    result = await probe(client_settings(launch, settings))
    return Probe(
        error=describe(result.trouble.code, result.trouble.params) if result.trouble else None,
        vintage=_vintage(result),
        round_trip_ms=result.round_trip_ms,
        suggestion=result.other_url or "",
    )


async def find_elsewhere(launch: Launch, settings: Settings) -> Elsewhere | None:
    """A service at another usual port of the host whose own port does not answer."""
    result = await probe(client_settings(launch, settings))
    if result.other_url is None or result.trouble is None:
        return None
    return Elsewhere(result.trouble.params["port"], result.trouble.params["other"], result.other_url)


def _vintage(result: ProbeResult) -> str:
    return result.vintage.value if result.vintage else ""
