"""What a merge would bring in, asked of the service before anybody decides."""

from collections.abc import Callable
from typing import Final, Protocol, TypedDict

from kanban_app.domain.connection import Connection, ConnectionState
from kanban_app.domain.model import Board
from kanban_app.domain.workflows import MERGE_METHODS, Vintage
from kanban_app.errors import BoardError
from kanban_app.services.views import millis
from kanban_app.tac7.client_session import NotSent
from kanban_app.tac7.codec import parse_time
from kanban_app.tac7.merge_preview import MergePreview
from kanban_app.tac7.trouble import Unanswered

_ABSENT: Final = "E-SYS-4"
_UNKNOWN: Final = "E-SYS-3"


class CommitView(TypedDict):
    sha: str
    subject: str
    at: int | None


class FileView(TypedDict):
    """`added` and `removed` are lines, None for what is not text."""

    path: str
    added: int | None
    removed: int | None


class MergePreviewView(TypedDict):
    """What merging a run would do. Where it is not `possible`, `code` and `reason` say why.

    Not `supported`: this service previews nothing and takes only the `methods` that are listed, none where it cannot
    merge at all. `head` is the newest commit of the run's branch: a merge that is to bring in just this names it as
    `expect`. `ahead` and `behind` count commits of branch and target; `commits` are the newest ones first.
    """

    supported: bool
    possible: bool
    code: str
    reason: str
    method: str
    methods: list[str]
    branch: str
    target: str
    head: str
    ahead: int
    behind: int
    commits: list[CommitView]
    files: list[FileView]
    conflicts: list[str]


class PreviewSource(Protocol):
    """The client, as previews need it. Raises Unanswered or NotSent."""

    @property
    def connection(self) -> Connection: ...
    async def fetch_merge_preview(self, adw_id: str, method: str, target: str | None) -> MergePreview: ...


class MergePreviews:
    def __init__(self, board: Callable[[], Board], source: PreviewSource) -> None:
        self._board = board
        self._source = source

    async def of(self, adw_id: str, method: str | None = None, target: str | None = None) -> MergePreviewView:
        """Raises BoardError: E-WF-11 for a run that nobody knows, E-VAL-8 for a method that does not exist, else what
        keeps the service from being asked.
        """
        run = self._board().runs.get(adw_id)
        if run is None:
            raise BoardError("E-WF-11", {"id": adw_id[:40]})
        wanted = method or MERGE_METHODS[0]
        if wanted not in MERGE_METHODS:
            raise BoardError("E-VAL-8", {"field": "method", "reason": "use squash, merge or rebase"})
        connection = self._source.connection
        if connection.state is not ConnectionState.CONNECTED:
            raise _unreached(connection)
        if not connection.merges:
            return _without_preview(connection.vintage, run.branch or "")
        try:
            return _view(await self._source.fetch_merge_preview(adw_id, wanted, target), wanted)
        except Unanswered as problem:
            if problem.code == _ABSENT:
                return _without_preview(connection.vintage, run.branch or "")
            if problem.code == _UNKNOWN:
                raise BoardError("E-WF-11", {"id": adw_id[:40]}) from problem
            raise BoardError(problem.code, problem.params) from problem
        except NotSent:
            raise _unreached(self._source.connection) from None


def _unreached(connection: Connection) -> BoardError:
    return BoardError(connection.error_code or "E-CONN-7", connection.error_params)


def _view(preview: MergePreview, method: str) -> MergePreviewView:
    return MergePreviewView(
        supported=True,
        possible=preview.possible,
        code=preview.code or "",
        reason=preview.reason or "",
        method=preview.method or method,
        methods=list(MERGE_METHODS),
        branch=preview.branch,
        target=preview.target,
        head=preview.head,
        ahead=preview.ahead,
        behind=preview.behind,
        commits=[CommitView(sha=c.sha, subject=c.subject, at=millis(parse_time(c.at))) for c in preview.commits],
        files=[FileView(path=f.path, added=f.added, removed=f.removed) for f in preview.files],
        conflicts=preview.conflicts,
    )


def _without_preview(vintage: Vintage | None, branch: str) -> MergePreviewView:
    can = vintage is not Vintage.V0
    reason = "This service shows nothing before it merges." if can else "This service cannot merge."
    return MergePreviewView(
        supported=False,
        possible=can,
        code="" if can else "not-offered",
        reason=reason,
        method=MERGE_METHODS[0] if can else "",
        methods=[MERGE_METHODS[0]] if can else [],
        branch=branch,
        target="",
        head="",
        ahead=0,
        behind=0,
        commits=[],
        files=[],
        conflicts=[],
    )
