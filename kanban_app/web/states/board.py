"""The board of one tab: a projection of what the reader knows, rebuilt at every load and followed from then on."""

from collections.abc import Iterable
from typing import Any, Final

import reflex as rx

from kanban_app.domain.commands import MoveTask
from kanban_app.domain.stages import Column
from kanban_app.errors import ErrorView
from kanban_app.services.connection_views import ConnectionView
from kanban_app.services.hub import Frame
from kanban_app.services.view_shapes import CardView, ColumnView, LiveView
from kanban_app.web.backlog import has_room
from kanban_app.web.states import arguments
from kanban_app.web.states.doing import carry_out
from kanban_app.web.states.plain import not_an_event
from kanban_app.web.states.shapes import ACTIVE, NO_CONNECTION, SHARDS, LeanCard, ScreenCard, lean, shard_of
from kanban_app.web.states.toasts import ToastState, stage_aimed_at
from kanban_app.web.wiring import services

FRAME_S: Final = 0.025
ACKNOWLEDGED: Final = 64
IN_VIEW: Final = 8
"""So many cards of a column are sent before the rest: as many as the page shows at first."""


class BoardState(rx.State):
    """Order, cards and connection. Each var is small and of one rate of change, because a var is sent whole.

    `told` is the number of the newest notification: tabs fetch what it says.

    Cards are spread over `SHARDS` vars by their number; they are all there once they are `whole`. `live` holds the
    active runs only.
    """

    ready: bool = False
    whole: bool = False
    hydrations: int = 0
    columns: rx.Field[list[ColumnView]] = rx.field(default_factory=list)
    live: rx.Field[dict[str, LiveView]] = rx.field(default_factory=dict)
    connection: ConnectionView = NO_CONNECTION
    queue_count: int = 0
    running_count: int = 0
    failed_count: int = 0
    told: int = -1
    demo: bool = False
    acked: rx.Field[dict[str, str]] = rx.field(default_factory=dict)
    asked: int = 0
    _active: frozenset[str] = frozenset()

    cards_0: rx.Field[dict[str, LeanCard]] = rx.field(default_factory=dict)
    cards_1: rx.Field[dict[str, LeanCard]] = rx.field(default_factory=dict)
    cards_2: rx.Field[dict[str, LeanCard]] = rx.field(default_factory=dict)
    cards_3: rx.Field[dict[str, LeanCard]] = rx.field(default_factory=dict)
    cards_4: rx.Field[dict[str, LeanCard]] = rx.field(default_factory=dict)
    cards_5: rx.Field[dict[str, LeanCard]] = rx.field(default_factory=dict)
    cards_6: rx.Field[dict[str, LeanCard]] = rx.field(default_factory=dict)
    cards_7: rx.Field[dict[str, LeanCard]] = rx.field(default_factory=dict)
    cards_8: rx.Field[dict[str, LeanCard]] = rx.field(default_factory=dict)
    cards_9: rx.Field[dict[str, LeanCard]] = rx.field(default_factory=dict)
    cards_10: rx.Field[dict[str, LeanCard]] = rx.field(default_factory=dict)
    cards_11: rx.Field[dict[str, LeanCard]] = rx.field(default_factory=dict)
    cards_12: rx.Field[dict[str, LeanCard]] = rx.field(default_factory=dict)
    cards_13: rx.Field[dict[str, LeanCard]] = rx.field(default_factory=dict)
    cards_14: rx.Field[dict[str, LeanCard]] = rx.field(default_factory=dict)
    cards_15: rx.Field[dict[str, LeanCard]] = rx.field(default_factory=dict)

    @rx.event(background=True, supersedes=True)
    async def follow(self):
        """Show the board and keep it up to date. Only for `on_load`: from there the framework ends it with the tab."""
        async with services().hub.subscribe() as subscription:
            async with self:
                self.show_all()
                token = self.router.session.client_token
            async with self:
                self.show_rest()
            async for frame in subscription.frames(FRAME_S, lambda: has_room(token)):
                async with self:
                    if not self.ready:  # The framework has forgotten this tab: its states are new.
                        self.show_all()
                        self.show_rest()
                    await self.show(frame)

    @rx.event
    async def move(self, op_id: str, task_id: str, column: str, after: str | None):
        """A drop. Its acknowledgement leaves in the same delta as the order that it led to."""
        error = await carry_out(lambda: move_command(op_id, task_id, column, after), op_id)
        await self.conclude(op_id, task_id, error, stage_aimed_at(column))

    @rx.event
    async def ask(self, op_ids: list[str]):
        """What became of operations that the tab has no answer for."""
        for op_id in arguments.operations(op_ids, ACKNOWLEDGED):
            outcome = await services().board.operation(op_id)
            self.acknowledge(op_id, "unknown" if outcome is None else "applied" if outcome.ok else "refused")
        self.show_order()
        self.asked += 1

    @rx.event
    def retry_now(self):
        """Try to connect to the trigger service at once."""
        services().retry_now()

    @rx.event
    def connect(self):
        """Undo `disconnect`."""
        services().connect()

    @rx.event
    def disconnect(self):
        """Leave the trigger service, for all who look at this board."""
        services().disconnect()

    @rx.event
    def came_online(self):
        """This browser is back in its network."""
        services().came_online()

    @not_an_event
    async def conclude(self, op_id: str, task_id: object, error: ErrorView | None, stage: str = "") -> None:
        """Show what an operation led to and acknowledge it; `stage` is where a move aimed."""
        self.settle(op_id, task_id, error)
        toasts = await self.get_state(ToastState)
        if error:
            toasts.show_error(error, arguments.shown(task_id), stage)
        else:
            toasts.show_way_back(op_id)

    @not_an_event
    def settle(self, op_id: str, task_id: object, error: ErrorView | None) -> None:
        """Show what has become of a card and acknowledge the operation, in one delta."""
        self.show_cards([str(task_id)])
        self.show_order()
        self.acknowledge(op_id, "refused" if error else "applied")

    @not_an_event
    def show_all(self) -> None:
        """The whole board as it is now; of one that this tab has not seen yet only the cards that it shows first."""
        reader = services().reader
        cards = reader.cards()
        self._active = frozenset(card["id"] for card in cards.values() if card["status"] in ACTIVE)
        if self.whole:
            self.show_shards(cards.values())
        else:
            ids = (task_id for column in reader.columns() for task_id in column["ids"][:IN_VIEW])
            self.show_shards(cards[task_id] for task_id in ids if task_id in cards)
        self.show_order()
        self.show_live(self._active)
        self.show_connection()
        self.show_told()
        self.ready = True
        self.hydrations += 1

    @not_an_event
    def show_rest(self) -> None:
        """What `show_all` has left for later: on a slow line it would hold up the first sight of a full board."""
        if not self.whole:
            self.show_shards(services().reader.cards().values())
            self.whole = True

    @not_an_event
    def show_shards(self, cards: Iterable[CardView]) -> None:
        shards: list[dict[str, LeanCard]] = [{} for _ in range(SHARDS)]
        for card in cards:
            shards[shard_of(card)][card["id"]] = screen_card(card)
        for number, shard in enumerate(shards):
            self.put(f"cards_{number}", shard)

    @not_an_event
    async def show(self, frame: Frame) -> None:
        """What a frame says has changed, and nothing else."""
        self.show_cards(frame.tasks | (frame.live - self._active))
        self.show_live(frame.live | frame.tasks)
        if frame.order or frame.tasks:
            self.show_order()
        if frame.connection:
            self.show_connection()
        self.show_told()
        toasts = await self.get_state(ToastState)
        toasts.follow_ways_back(frame.tasks)
        if frame.notices:
            for notice in frame.notices:
                toasts.show_notice(notice)

    @not_an_event
    def show_cards(self, task_ids: Iterable[str]) -> None:
        changed: dict[str, dict[str, LeanCard]] = {}
        for task_id in task_ids:
            card = services().reader.card(task_id)
            active = card is not None and card["status"] in ACTIVE
            self._active = self._active | {task_id} if active else self._active - {task_id}
            for name in [f"cards_{shard_of(card)}"] if card else self.shards_with(task_id):
                shard = changed.setdefault(name, dict(getattr(self, name)))
                shard.pop(task_id, None)
                if card:
                    shard[task_id] = screen_card(card)
        for name, shard in changed.items():
            self.put(name, shard)

    @not_an_event
    def show_live(self, task_ids: Iterable[str]) -> None:
        reader = services().reader
        kept = {task_id: view for task_id, view in self.live.items() if task_id in self._active}
        fresh = {task_id: reader.live(task_id) for task_id in task_ids if task_id in self._active}
        self.put("live", kept | fresh)

    @not_an_event
    def show_order(self) -> None:
        reader = services().reader
        self.put("columns", reader.columns())
        self.put("queue_count", reader.queue_count())
        self.put("running_count", reader.active_runs())
        self.put("failed_count", reader.failed_cards())

    @not_an_event
    def show_connection(self) -> None:
        """How it stands. The round trip is left out: every heartbeat measures it anew, and nobody sees it here."""
        reader = services().reader
        self.put("connection", ConnectionView(**{**reader.connection(), "round_trip_ms": None}))
        self.put("demo", reader.demo())

    @not_an_event
    def show_told(self) -> None:
        self.put("told", services().reader.told())

    @not_an_event
    def acknowledge(self, op_id: str, outcome: str) -> None:
        if not arguments.is_operation(op_id):
            return
        kept = {key: value for key, value in self.acked.items() if key != op_id}
        kept[op_id] = outcome
        self.acked = dict(list(kept.items())[-ACKNOWLEDGED:])

    @not_an_event
    def shards_with(self, task_id: str) -> list[str]:
        names = [f"cards_{number}" for number in range(SHARDS)]
        return [name for name in names if task_id in getattr(self, name)]

    @not_an_event
    def put(self, name: str, value: Any) -> None:
        """Set a var if it differs: Reflex sends every var that was assigned, also with an equal value."""
        if getattr(self, name) != value:
            setattr(self, name, value)


def move_command(op_id: object, task_id: object, column: object, after: object) -> MoveTask:
    """A drop in the core's terms. The screen has already asked about moves to Completed."""
    arguments.operation(op_id)
    target = arguments.column(column)
    return MoveTask(
        arguments.ident(task_id, "task_id"),
        target,
        after=arguments.optional_ident(after, "after"),
        has_after=True,
        action="mark" if target is Column.COMPLETED else None,
    )


def screen_card(card: CardView) -> LeanCard:
    """The card as every tab gets it: what a failure has beside its words is for the panel."""
    failure = card["failure"] and ErrorView(**{**card["failure"], "details": {}})
    return lean(ScreenCard(**{**card, "failure": failure}, live=services().reader.live(card["id"])))
