"""Everything that the API and the screen may use, in one record."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from kanban_app.asgi import FIRST_PROJECT
from kanban_app.domain.model import Board
from kanban_app.errors import ErrorView
from kanban_app.services.api_tokens import ApiTokens
from kanban_app.services.attachments import Attachments
from kanban_app.services.auditing import Audit
from kanban_app.services.board import BoardService
from kanban_app.services.column_looks import ColumnLooks
from kanban_app.services.connection_settings import ConnectionSettings
from kanban_app.services.event_log import EventLog
from kanban_app.services.health.views import Health
from kanban_app.services.hub import Hub
from kanban_app.services.inquiry import CheckView
from kanban_app.services.live import LiveLane
from kanban_app.services.markdown import Markdown
from kanban_app.services.merging import MergePreviewView
from kanban_app.services.notifications import Notifications
from kanban_app.services.quarantine import Quarantine
from kanban_app.services.reader import Reader
from kanban_app.services.run_work import RunWork
from kanban_app.services.search import Search
from kanban_app.services.transfer.importing import Transfer
from kanban_app.services.trials import Trials
from kanban_app.tac7.health import HealthReport


@dataclass(frozen=True, slots=True)
class Services:
    """The running app's use cases.

    `check` asks the service how an uncertain or silent attempt stands, `health` how it says it is, `merge_preview` what
    merging a run would do (by its id, a method and a branch to merge into): all raise BoardError when it cannot be
    asked. `health_checks` calls `health` for tabs that do not wait. `disconnect` holds until `connect` or `retry_now`,
    as long as the app runs; `came_online` is a browser's word that its network is back. `quarantine` has what of the
    service could not be used; `markdown` renders descriptions; `attachments` takes in images and has their files.
    `work` has what runs have made: their plans and changes. `columns` says how columns are shown, `monitor` how well
    everything is. `tokens` are those of other programs, None where nobody needs any. `audit` is who did what.
    """

    board: BoardService
    hub: Hub
    reader: Reader
    check: Callable[[str], Awaitable[CheckView]]
    merge_preview: Callable[[str, str | None, str | None], Awaitable[MergePreviewView]]
    work: RunWork
    retry_now: Callable[[], None]
    connect: Callable[[], None]
    disconnect: Callable[[], None]
    came_online: Callable[[], None]
    quarantine: Quarantine
    markdown: Markdown
    attachments: Attachments
    health: Callable[[], Awaitable[HealthReport]]
    health_checks: Trials[ErrorView | None]
    monitor: Health
    settings: ConnectionSettings
    columns: ColumnLooks = field(default_factory=ColumnLooks)
    tokens: ApiTokens | None = None
    audit: Audit = field(default_factory=Audit)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiServices(Services):
    """What the API uses beside that.

    `snapshot` is the newest board and `last_seq` the number of the newest event that it includes; both are synchronous,
    and two calls without waiting in between fit together. `ping` raises when the database cannot be read. `unready`
    says in a sentence why the program cannot do its work yet, None when it can (the database apart). `stopping` is set
    as soon as the program begins to stop: answers without end then end. `search` looks through cards and logs,
    `transfer` brings boards out to files and in from them, `notifications` has what people were told of.
    """

    events: EventLog
    search: Search
    notifications: Notifications
    transfer: Transfer
    live: LiveLane
    snapshot: Callable[[], Board]
    last_seq: Callable[[], int]
    ping: Callable[[], Awaitable[None]]
    unready: Callable[[], str | None]
    stopping: asyncio.Event
    project_id: str = FIRST_PROJECT
