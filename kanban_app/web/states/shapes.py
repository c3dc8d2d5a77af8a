"""What the screen adds to the shapes of `services.views`."""

from typing import Final, TypedDict

from kanban_app.errors import ErrorView
from kanban_app.services.connection_views import ConnectionView
from kanban_app.services.views import CardView, DetailView, LiveView

SHARDS: Final = 16
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
    """A message to the user. An alert stays until it is dismissed. `advice` is what can be done elsewhere."""

    id: str
    alert: bool
    title: str
    message: str
    task_id: str
    attempt_id: str
    advice: str
    offers: list[Offer]


NO_CONNECTION: Final = ConnectionView(
    state="connecting",
    label="Connecting",
    detail="",
    url="",
    embedded=True,
    vintage="",
    attempt=0,
    next_try_at=None,
    since=None,
    last_connected_at=None,
    round_trip_ms=None,
    error=None,
    cause=None,
    advice=[],
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
    stage_states=[],
    branch="",
    cancelling=False,
)
NO_DETAIL: Final = DetailView(
    card=NO_CARD, description="", model_set="", stage_models={}, issue_number="", created_at=0, updated_at=0
)
NO_LIVE: Final = LiveView(progress=0, step="", last_log="", stage_percent=0)
NO_ERROR: Final = ErrorView(code="", title="", message="", actions=[], details={})


def shard_of(card: CardView) -> int:
    """Which of the card vars holds a card: a change sends that one var, not all cards."""
    return card["number"] % SHARDS
