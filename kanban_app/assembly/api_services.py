"""What the routes and pages may use of a wired board."""

import platform
from functools import partial

from kanban_app import __version__
from kanban_app.assembly.wiring import Wiring
from kanban_app.connecting import keep_of, token_of
from kanban_app.domain.audit import Action, Target
from kanban_app.runtime import Launch
from kanban_app.services.acting import done
from kanban_app.services.api_tokens import ApiTokens
from kanban_app.services.board import BoardService
from kanban_app.services.came_online import CameOnline
from kanban_app.services.connection_settings import ConnectionSettings
from kanban_app.services.container import ApiServices
from kanban_app.services.event_log import EventLog
from kanban_app.services.health.desk import HealthDesk
from kanban_app.services.health.diagnosis import Facts
from kanban_app.services.inquiry import CheckView
from kanban_app.services.markdown import Markdown
from kanban_app.services.notifications import Notifications
from kanban_app.services.run_work import RunWork
from kanban_app.services.search import Search
from kanban_app.services.transfer.importing import Transfer
from kanban_app.setting_texts import printable
from kanban_app.store.database import Store


def api_services(wiring: Wiring, store: Store, settings: ConnectionSettings) -> ApiServices:
    markdown = Markdown()
    return ApiServices(
        board=BoardService(wiring.keeper, store, wiring.columns),
        hub=wiring.hub,
        reader=wiring.reader,
        check=partial(_check, wiring),
        merge_preview=wiring.previews.of,
        work=RunWork(lambda: wiring.keeper.board, wiring.client, markdown),
        retry_now=wiring.audit.recorded(Action.CONNECTION_RETRIED, wiring.client.retry_now),
        connect=wiring.audit.recorded(Action.CONNECTION_OPENED, wiring.client.connect),
        disconnect=wiring.audit.recorded(Action.CONNECTION_CLOSED, wiring.client.disconnect),
        came_online=CameOnline(wiring.connection, wiring.client.retry_now),
        quarantine=wiring.quarantine,
        markdown=markdown,
        attachments=wiring.attachments,
        health=wiring.health.ask,
        health_checks=wiring.health.checks,
        monitor=HealthDesk(wiring.health.monitor, partial(_facts, wiring)),
        settings=settings,
        columns=wiring.columns,
        tokens=_api_tokens(wiring.launch),
        audit=wiring.audit,
        events=EventLog(store, wiring.columns, wiring.retention, keep_of(wiring.launch.settings).words_of_events),
        search=Search(store, lambda: wiring.keeper.board),
        notifications=Notifications(store, wiring.keeper),
        transfer=Transfer(wiring.keeper, store, wiring.columns, wiring.attachments),
        live=wiring.live,
        snapshot=lambda: wiring.keeper.board,
        last_seq=lambda: wiring.keeper.seq,
        ping=store.ping,
        unready=partial(_unready, wiring),
        stopping=wiring.stopping,
        project_id=wiring.launch.project_id,
    )


async def _check(wiring: Wiring, attempt_id: str) -> CheckView:
    """What the service says of an attempt; whoever asks is in the audit log."""
    attempt = wiring.keeper.board.attempts.get(attempt_id)
    task = wiring.keeper.board.tasks.get(attempt.task_id) if attempt else None
    view = await wiring.inquiry.check(attempt_id)
    target = Target("task", task.id, task.title) if task else Target("task")
    run = attempt.adw_id if attempt else ""
    wiring.audit.put(done(Action.RUN_CHECKED, target, wiring.launch.project_id, attempt=attempt_id, run=run))
    return view


def _unready(wiring: Wiring) -> str | None:
    if wiring.connection().embedded and not wiring.has_connected:
        return "The built-in service is starting."
    return None


def _facts(wiring: Wiring) -> Facts:
    secrets = [token_of(wiring.in_force), wiring.launch.internal_token, wiring.launch.access_token or ""]
    return Facts(
        version=__version__,
        system=f"{platform.platform()}, Python {platform.python_version()}",
        project=wiring.launch.project_id,
        settings=list(printable(wiring.in_force)),
        connection=wiring.reader.connection(),
        frames=dict(wiring.quarantine.counts),
        secrets=secrets,
    )


def _api_tokens(launch: Launch) -> ApiTokens | None:
    """Those of the process, which all projects have in common."""
    if launch.access_token is None:
        return None
    return ApiTokens(launch.shared_dir or launch.settings.data_dir)
