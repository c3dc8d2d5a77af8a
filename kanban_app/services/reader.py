"""What the screen and the API read of the board: from memory, at once."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from kanban_app.domain.connection import Connection
from kanban_app.domain.model import Board, Task
from kanban_app.domain.stages import Column
from kanban_app.services.connection_views import ConnectionView, OtherRun, connection_view
from kanban_app.services.estimates import CLOSED, Outlook, Wait, waits
from kanban_app.services.keeper import Keeper
from kanban_app.services.views import (
    CardView,
    ColumnView,
    DetailView,
    LiveView,
    RunView,
    card_view,
    column_views,
    detail_view,
    live_view,
    millis,
    run_view,
)

OTHERS: Final = 100


class Reader:
    """Views of the newest board. Every method is synchronous and cheap."""

    def __init__(
        self,
        keeper: Keeper,
        connection: Callable[[], Connection],
        demo: Callable[[], bool],
        outlook: Callable[[], Outlook] = lambda: CLOSED,
    ) -> None:
        """`outlook` tells what decides when that which waits goes out."""
        self._keeper = keeper
        self._connection = connection
        self._demo = demo
        self._outlook = outlook
        self._line: tuple[Board, Outlook, dict[str, Wait]] | None = None

    def columns(self) -> list[ColumnView]:
        return column_views(self._board)

    def cards(self) -> dict[str, CardView]:
        board, line = self._board, self._waits()
        can_cancel = self._connection().can_cancel
        return {
            task.id: card_view(board, task, can_cancel=can_cancel, line=line)
            for task in board.tasks.values()
            if task.deleted_at is None
        }

    def card(self, task_id: str) -> CardView | None:
        task = self._board.task(task_id)
        if task is None:
            return None
        return card_view(self._board, task, can_cancel=self._connection().can_cancel, line=self._waits())

    def detail(self, task_id: str) -> DetailView | None:
        card, task = self.card(task_id), self._board.task(task_id)
        return detail_view(card, task) if card and task else None

    def lives(self) -> dict[str, LiveView]:
        """The live fields of every card that has or had a run."""
        return {t.id: self._live(t) for t in self._board.tasks.values() if t.attempt_id and t.deleted_at is None}

    def live(self, task_id: str) -> LiveView:
        task = self._board.task(task_id)
        return self._live(task) if task else live_view(None, "")

    def run(self, adw_id: str) -> RunView | None:
        run = self._board.runs.get(adw_id)
        return run_view(self._board, run, self._keeper.last.newest.get(adw_id, "")) if run else None

    def other_runs(self) -> list[OtherRun]:
        """The runs that no card has, the one heard of last first; at most `OTHERS`."""
        runs = [run for run in self._board.runs.values() if run.task_id is None]
        newest = sorted(runs, key=lambda run: run.last_sign_at or run.created_at, reverse=True)[:OTHERS]
        last = self._keeper.last
        return [
            OtherRun(
                adw_id=run.adw_id,
                last_log=last.newest.get(run.adw_id, ""),
                at=millis(run.last_sign_at or run.created_at) or 0,
                lines=last.count.get(run.adw_id, 0),
            )
            for run in newest
        ]

    def connection(self) -> ConnectionView:
        return connection_view(self._connection())

    def queue_count(self) -> int:
        return len(self._board.queue())

    def active_runs(self) -> int:
        return sum(1 for attempt in self._board.attempts.values() if attempt.holds_slot)

    def failed_cards(self) -> int:
        """Cards that a failure has put into Errored."""
        return len(self._board.column(Column.ERRORED))

    def demo(self) -> bool:
        """Whether drops start the built-in demonstration."""
        return self._demo()

    @property
    def _board(self) -> Board:
        return self._keeper.board

    def _waits(self) -> dict[str, Wait]:
        """Played through once for each state of the board, not for each card of it."""
        board, outlook = self._board, self._outlook()
        if self._line is None or self._line[0] is not board or self._line[1] != outlook:
            self._line = (board, outlook, waits(board, outlook, datetime.now(UTC)))
        return self._line[2]

    def _live(self, task: Task) -> LiveView:
        last = self._keeper.last.newest.get(task.run_id or "", "")
        return live_view(self._board.attempt_of(task), last)
