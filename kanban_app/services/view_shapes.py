"""The shapes that the screen and the API show. Times are milliseconds since the epoch."""

from typing import TypedDict

from kanban_app.errors import ErrorView
from kanban_app.services.spending import SpendingView


class StageView(TypedDict):
    """One stage of a card. `percent` is how much of it is done."""

    id: str
    state: str
    percent: int
    started_at: int | None
    finished_at: int | None


class BlockerView(TypedDict):
    """A card that another one is to wait for; `done` when it holds nothing up any more."""

    id: str
    number: int
    title: str
    done: bool


class CardView(TypedDict):
    """A card without what changes many times a second. `decisions` are ids of the buttons that an attempt offers.

    `wait_s` is how long a card in line will probably wait, by the time of this view, `starts_at` when that is over, and
    `due_at` the same where it is certain. `notice` says what holds a card back or should be looked at. `ways` are
    ids of the buttons that a failure offers beside the decisions. `kind` is that of the newest attempt. `due_on` is a
    day, empty where there is none. `waits_for` names the cards that hold a start back, or would.
    """

    id: str
    number: int
    title: str
    type: str
    column: str
    stages: list[str]
    labels: list[str]
    priority: int
    version: int
    run_id: str
    attempt_id: str
    status: str
    status_text: str
    flags: list[str]
    queue_place: int
    wait_s: int | None
    starts_at: int | None
    due_at: int | None
    started_at: int | None
    finished_at: int | None
    failure: ErrorView | None
    notice: ErrorView | None
    decisions: list[str]
    ways: list[str]
    can_start: bool
    can_cancel: bool
    can_retry: bool
    can_merge: bool
    can_patch: bool
    kind: str
    stage_states: list[StageView]
    branch: str
    cancelling: bool
    due_on: str
    blockers: list[BlockerView]
    waits_for: str
    images: int


class ImageView(TypedDict):
    """An image of a card: what is known of it beside its file."""

    id: str
    name: str
    type: str
    size: int
    width: int
    height: int


class DetailView(TypedDict):
    """A card with what only its panel shows. `blocks` are the cards that wait for it; `asked_at` and `sent_at` are the
    times of its newest attempt.
    """

    card: CardView
    description: str
    model_set: str
    stage_models: dict[str, str]
    issue_number: str
    blocked_by: list[str]
    blocks: list[BlockerView]
    created_at: int
    updated_at: int
    asked_at: int | None
    sent_at: int | None
    images: list[ImageView]


class AttemptView(TypedDict):
    """One intent to start something, and what became of it.

    `options`: how a merge was to be done (`method`, `target`, `expect`), the text of a `patch`, the id of the run that
    this one `replaces`. `spent` is what its agents say that they have used, `author` who has asked for it.
    """

    id: str
    kind: str
    workflow_type: str
    stages: list[str]
    status: str
    progress: int
    options: dict[str, str]
    created_at: int | None
    sent_at: int | None
    started_at: int | None
    finished_at: int | None
    failure: ErrorView | None
    spent: SpendingView
    author: str


class RunView(TypedDict):
    """A run with its attempts, oldest first."""

    adw_id: str
    task_id: str | None
    status: str
    flags: list[str]
    progress: int
    step: str
    last_log: str
    branch: str
    stages: list[StageView]
    attempts: list[AttemptView]
    failure: ErrorView | None


class LiveView(TypedDict):
    """What changes often on a card: its progress and its newest message."""

    progress: int
    step: str
    last_log: str
    stage_percent: int


class ColumnView(TypedDict):
    """A column with its cards from top to bottom. `limit` is how many it may hold, None for any number."""

    id: str
    title: str
    colour: str
    ids: list[str]
    count: int
    limit: int | None


class LogLine(TypedDict):
    """One line of a run's log. `data` holds what the service sent beside the text."""

    seq: int
    at: int
    kind: str
    level: str
    message: str
    data: dict[str, object] | None


class TemplateView(TypedDict):
    """What a new card can start from; without a `model_set` its type decides."""

    id: str
    name: str
    type: str
    stages: list[str]
    labels: list[str]
    description: str
    model_set: str
    stage_models: dict[str, str]
