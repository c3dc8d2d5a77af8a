"""The attempts of a card in words, on whichever run."""

from itertools import islice
from typing import Final, TypedDict

from kanban_app.domain.model import Attempt, AttemptKind, Board, RunStatus
from kanban_app.domain.stages import Stage, column_of
from kanban_app.services.column_looks import ITS_OWN, ColumnLooks
from kanban_app.services.spending import cost_words, token_words
from kanban_app.services.views import attempt_words, failure_view, millis

MOST: Final = 50
KINDS: Final[dict[AttemptKind, str]] = {
    AttemptKind.START: "Start",
    AttemptKind.CONTINUE: "Continue",
    AttemptKind.PATCH: "Patch",
    AttemptKind.MERGE: "Merge",
}
_METHODS: Final = {"squash": "Squash", "merge": "Merge commit", "rebase": "Rebase"}
_SUBJECT: Final = 100
_TEXT: Final = 4_000
_REASON: Final = 600
_AUTHORS: Final = {"board": "On the board", "api": "Over the API", "service": "By its run"}


class PastAttempt(TypedDict):
    """One attempt. `what` is one line, `text` the rest of a patch where there is more; `why` is how it went wrong, and
    `reason` what was said about that. `author` is who asked for it, `cost` and `tokens` what its agents say they used.
    `begins_at` is the time from which on it has written into its run's log.
    """

    id: str
    kind: str
    what: str
    text: str
    run_id: str
    status: str
    words: str
    why: str
    reason: str
    author: str
    cost: str
    tokens: str
    begins_at: int | None
    at: int | None
    started_at: int | None
    finished_at: int | None


def history_of(board: Board, task_id: str, looks: ColumnLooks = ITS_OWN) -> list[PastAttempt]:
    """The attempts of a card, the newest first and at most `MOST`, without those that were taken back unsent."""
    own = (a for a in board.attempts.values() if a.task_id == task_id and not _was_withdrawn(a))
    newest = sorted(own, key=lambda a: a.created_at, reverse=True)
    return [_view(attempt, looks) for attempt in islice(newest, MOST)]


def author_words(author: str) -> str:
    """Who has done something, as far as that is known; empty where it is not."""
    return _AUTHORS.get(author, f"By {author}" if author else "")


def _was_withdrawn(attempt: Attempt) -> bool:
    return attempt.status is RunStatus.CANCELLED and attempt.sent_at is None


def _view(attempt: Attempt, looks: ColumnLooks) -> PastAttempt:
    failure = failure_view(attempt.failure) if attempt.failure and _went_wrong(attempt) else None
    return PastAttempt(
        id=attempt.id,
        kind=KINDS[attempt.kind],
        what=what_of(attempt, looks),
        text=_rest(attempt.options.get("patch", "")),
        run_id=attempt.adw_id,
        status=attempt.status.value,
        words=attempt_words(attempt),
        why=failure["title"] if failure else "",
        reason=_cut(failure["message"], _REASON) if failure else "",
        author=author_words(attempt.author),
        cost=cost_words(attempt.spent),
        tokens=token_words(attempt.spent),
        begins_at=millis(attempt.sent_at or attempt.created_at),
        at=millis(attempt.created_at),
        started_at=millis(attempt.started_at or attempt.sent_at),
        finished_at=millis(attempt.finished_at),
    )


def _went_wrong(attempt: Attempt) -> bool:
    return attempt.status in {RunStatus.FAILED, RunStatus.REFUSED}


def what_of(attempt: Attempt, looks: ColumnLooks = ITS_OWN) -> str:
    """What an attempt was to do, in one line."""
    if "patch" in attempt.options:
        return _subject(attempt.options["patch"])
    if attempt.kind is AttemptKind.MERGE:
        method, target = attempt.options.get("method", ""), attempt.options.get("target")
        words = _METHODS.get(method, "By the service's own method")
        return f"{words}, into {target}" if target else words
    return _stages(attempt.stages, looks)


def _subject(text: str) -> str:
    """The first line of a text, cut where it is long."""
    return _cut(text.strip().partition("\n")[0].strip(), _SUBJECT)


def _rest(text: str) -> str:
    """What the first line leaves out; all of the text where that line was cut."""
    first, _, more = text.strip().partition("\n")
    return _cut(more.strip() if len(first) <= _SUBJECT else text, _TEXT)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _stages(stages: tuple[Stage, ...], looks: ColumnLooks) -> str:
    """Stages that follow each other as from and to, others one by one."""
    titles = [looks.title(column_of(stage)) for stage in stages]
    order = list(Stage)
    places = [order.index(stage) for stage in stages]
    match titles:
        case [first, _, *_, last] if places == list(range(places[0], places[-1] + 1)):
            return f"{first} to {last}"
        case _:
            return ", ".join(titles)
