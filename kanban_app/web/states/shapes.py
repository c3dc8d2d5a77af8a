"""What the screen adds to the shapes of `services.view_shapes`."""

from typing import Any, Final, TypedDict

from kanban_app.errors import ErrorView
from kanban_app.services.connection_views import ConnectionView
from kanban_app.services.view_shapes import CardView, DetailView, LiveView, StageView

SHARDS: Final = 16
LeanCard = dict[str, Any]
"""What a `ScreenCard` has beside `BLANK`; the browser makes it whole (`whole_card.js`)."""

ACTIVE: Final = frozenset({"sending", "uncertain", "running", "waiting"})


class ScreenCard(CardView):
    """A card with the live fields that hold as long as no run of it is active."""

    live: LiveView


class Offer(TypedDict):
    """A way on that the screen shows as a button, or as a link where `href` leads to it.

    An `operation` is one of the card's own buttons, about the attempt that the toast names.
    """

    id: str
    label: str
    href: str
    operation: bool


class Toast(TypedDict):
    """A message to the user; `tone` is `success`, `info`, `warning` or `error`. An alert stays until it is dismissed.

    `advice` is what can be done elsewhere, `code` that of the error it tells of, empty for all else.

    `undo` is the operation that it tells of, and `way_back` the label of the button that takes it back, or with `redo`
    does it again; empty where that cannot be done just now. With `stop` the button stops the operation's run, too.
    """

    id: str
    alert: bool
    tone: str
    title: str
    message: str
    task_id: str
    attempt_id: str
    advice: str
    code: str
    offers: list[Offer]
    undo: str
    redo: bool
    stop: bool
    way_back: str


class Saved(TypedDict):
    """An operation of a form, for the tab's own memory of what it can undo."""

    op: str
    id: str


NO_CONNECTION: Final = ConnectionView(
    state="connecting",
    label="Connecting",
    detail="",
    url="",
    embedded=True,
    vintage="",
    merges=False,
    attempt=0,
    next_try_at=None,
    since=None,
    last_connected_at=None,
    round_trip_ms=None,
    error=None,
    cause=None,
    advice=[],
    grade="unknown",
    grade_label="Not known",
    stale=False,
    notices=[],
)
NO_CARD: Final = CardView(
    id="",
    number=0,
    title="",
    type="feature",
    column="backlog",
    stages=[],
    labels=[],
    priority=0,
    version=0,
    run_id="",
    attempt_id="",
    status="idle",
    status_text="",
    flags=[],
    queue_place=0,
    wait_s=None,
    starts_at=None,
    due_at=None,
    started_at=None,
    finished_at=None,
    failure=None,
    notice=None,
    decisions=[],
    ways=[],
    can_start=False,
    can_cancel=False,
    can_retry=False,
    can_merge=False,
    can_patch=False,
    kind="",
    stage_states=[],
    branch="",
    cancelling=False,
    images=0,
    due_on="",
    blockers=[],
    waits_for="",
)
NO_DETAIL: Final = DetailView(
    card=NO_CARD,
    description="",
    model_set="",
    stage_models={},
    issue_number="",
    blocked_by=[],
    blocks=[],
    created_at=0,
    updated_at=0,
    asked_at=None,
    sent_at=None,
    images=[],
)
NO_LIVE: Final = LiveView(progress=0, step="", last_log="", stage_percent=0)
BLANK: Final = ScreenCard(**{**NO_CARD, "version": 1, "can_start": True}, live=NO_LIVE)
NO_ERROR: Final = ErrorView(code="", title="", message="", actions=[], details={})


def lean(card: ScreenCard) -> LeanCard:
    """The card without what goes without saying: of a card that waits for its start a tenth is left.

    Stages that have not begun follow from the card's list.
    """
    left = {name: value for name, value in card.items() if value != BLANK[name]}
    left["stage_states"] = card["stage_states"]
    if left["stage_states"] == [_not_begun(stage) for stage in card["stages"]]:
        del left["stage_states"]
    return left


def _not_begun(stage: str) -> StageView:
    return StageView(id=stage, state="pending", percent=0, started_at=None, finished_at=None)


def shard_of(card: CardView) -> int:
    """Which of the card vars holds a card: a change sends that one var, not all cards."""
    return card["number"] % SHARDS
