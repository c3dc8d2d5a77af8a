"""What a run has made: its plan, and the files that it has changed. Asked of the service whenever somebody looks."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Protocol, TypedDict, TypeVar

from kanban_app.domain.connection import Connection, ConnectionState
from kanban_app.domain.model import Board
from kanban_app.domain.workflows import Vintage
from kanban_app.errors import BoardError
from kanban_app.services.diffs import HunkView, hunks_of, mode_of
from kanban_app.services.markdown import Markdown
from kanban_app.tac7.client_session import NotSent
from kanban_app.tac7.run_work import RemoteChanges, RemoteDiff, RemotePlan
from kanban_app.tac7.trouble import Unanswered

PATH_LIMIT: Final = 4096
_ABSENT: Final = "E-SYS-4"
_UNKNOWN: Final = "E-SYS-3"
_AT_ONCE: Final = 2

# What waits for its start has an id already.
_NOT_BEGUN: Final = RemoteChanges(code="unknown-run", reason="The service has not begun this run, or has forgotten it")

Answer = TypeVar("Answer")


class PlanView(TypedDict):
    """Not `supported`: the service has no plans to show. Not `found`: there is none yet.

    `html` is safe to be put into a page; empty where the text is to be shown as it is.
    """

    supported: bool
    found: bool
    path: str
    text: str
    html: str
    truncated: bool


class ChangedFileView(TypedDict):
    """`status` is A, M, D or R; lines are None for what is not text, or too large."""

    path: str
    old_path: str
    status: str
    added: int | None
    removed: int | None
    uncommitted: bool


class ChangesView(TypedDict):
    """Not `supported`: the service cannot say. Where there is a `code`, `reason` says why there is nothing to compare.

    `branch` is compared with where it left `base`, up to the commit `new`; with `worktree` its files count as they are
    now. `merge` is the commit that has brought the changes into `base`. Of `total` files the first 2,000 are named.
    """

    supported: bool
    code: str
    reason: str
    branch: str
    base: str
    new: str
    merge: str
    worktree: bool
    total: int
    added: int
    removed: int
    files: list[ChangedFileView]


class DiffView(TypedDict):
    """One file's changes, of which the end is missing where `truncated`; `mode` tells how its mode has changed."""

    path: str
    old_path: str
    binary: bool
    truncated: bool
    mode: str
    hunks: list[HunkView]


class WorkSource(Protocol):
    """The client, as these questions need it. Raises Unanswered or NotSent."""

    @property
    def connection(self) -> Connection: ...
    async def fetch_plan(self, adw_id: str) -> RemotePlan | None: ...
    async def fetch_changes(self, adw_id: str) -> RemoteChanges: ...
    async def fetch_diff(self, adw_id: str, path: str, old_path: str | None) -> RemoteDiff: ...


class RunWork:
    """All raise BoardError: E-WF-11 for a run that nobody knows, else what keeps the service from being asked."""

    def __init__(self, board: Callable[[], Board], source: WorkSource, markdown: Markdown) -> None:
        self._board = board
        self._source = source
        self._markdown = markdown
        self._threads = ThreadPoolExecutor(_AT_ONCE, "colours")

    async def plan(self, adw_id: str) -> PlanView:
        if self._connection_for(adw_id).vintage is Vintage.V0:
            return _no_plan(supported=False)
        try:
            plan = await _asked(self._source.fetch_plan(adw_id), self._source)
        except BoardError as error:
            if error.code != _ABSENT:
                raise
            return _no_plan(supported=False)
        if plan is None:
            return _no_plan(supported=True)
        html = await self._markdown.html(plan.plan_content)
        return PlanView(
            supported=True,
            found=True,
            path=plan.plan_file,
            text=plan.plan_content,
            html=html,
            truncated=plan.truncated,
        )

    async def changes(self, adw_id: str) -> ChangesView:
        if not self._connection_for(adw_id).shows_changes:
            return _changes(RemoteChanges(), supported=False)
        try:
            return _changes(await _asked(self._source.fetch_changes(adw_id), self._source), supported=True)
        except BoardError as error:
            if error.code == _ABSENT:
                return _changes(RemoteChanges(), supported=False)
            if error.code != _UNKNOWN:
                raise
            return _changes(_NOT_BEGUN, supported=True)

    async def diff(self, adw_id: str, path: str, old_path: str | None = None) -> DiffView:
        """E-SYS-3 where the file has not changed (any more), E-SYS-4 where the service shows no changes."""
        if not self._connection_for(adw_id).shows_changes:
            raise BoardError(_ABSENT, {"what": "A look at changes"})
        try:
            found = await _asked(self._source.fetch_diff(adw_id, path, old_path), self._source)
        except BoardError as error:
            raise BoardError(_UNKNOWN, {"what": "This change"}) if error.code == _UNKNOWN else error from error
        hunks = await asyncio.get_running_loop().run_in_executor(self._threads, hunks_of, found.diff, path)
        return DiffView(
            path=found.path,
            old_path=found.old_path or "",
            binary=found.binary,
            truncated=found.truncated,
            mode=mode_of(found.diff),
            hunks=hunks,
        )

    def _connection_for(self, adw_id: str) -> Connection:
        if adw_id not in self._board().runs:
            raise _unknown(adw_id)
        connection = self._source.connection
        if connection.state is not ConnectionState.CONNECTED:
            raise _unreached(connection)
        return connection


async def _asked(question: Awaitable[Answer], source: WorkSource) -> Answer:
    try:
        return await question
    except Unanswered as problem:
        raise BoardError(problem.code, problem.params) from problem
    except NotSent:
        raise _unreached(source.connection) from None


def _unknown(adw_id: str) -> BoardError:
    return BoardError("E-WF-11", {"id": adw_id[:40]})


def _unreached(connection: Connection) -> BoardError:
    return BoardError(connection.error_code or "E-CONN-7", connection.error_params)


def _no_plan(*, supported: bool) -> PlanView:
    return PlanView(supported=supported, found=False, path="", text="", html="", truncated=False)


def _changes(changes: RemoteChanges, *, supported: bool) -> ChangesView:
    return ChangesView(
        supported=supported,
        code=changes.code or "",
        reason=changes.reason or "",
        branch=changes.branch or "",
        base=changes.base or "",
        new=changes.new or "",
        merge=changes.merge or "",
        worktree=changes.worktree,
        total=changes.total,
        added=changes.added,
        removed=changes.removed,
        files=[
            ChangedFileView(
                path=file.path,
                old_path=file.old_path or "",
                status=file.status if file.status in {"A", "D", "R"} else "M",
                added=file.added,
                removed=file.removed,
                uncommitted=file.uncommitted,
            )
            for file in changes.files
            if file.path
        ],
    )
