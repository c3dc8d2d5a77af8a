"""What the screen and the API read of the board: from memory, at once."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from kanban_app.domain.connection import Connection
from kanban_app.domain.model import Board, Task
from kanban_app.domain.stages import Column
from kanban_app.services.column_looks import ITS_OWN, ColumnLooks
from kanban_app.services.connection_views import ConnectionView, OtherRun, connection_view
from kanban_app.services.estimates import CLOSED, Outlook, Wait, waits
from kanban_app.services.history import PastAttempt, history_of
from kanban_app.services.keeper import Keeper
from kanban_app.services.removed import Place, RemovedList, removed
from kanban_app.services.view_shapes import (
    BlockerView,
    CardView,
    ColumnView,
    DetailView,
    LiveView,
    RunView,
    TemplateView,
)
from kanban_app.services.views import card_view, column_views, detail_view, live_view, millis, run_view, template_view

OTHERS: Final = 100


class Reader:
    """Views of the newest board. Every method is synchronous and cheap."""

    def __init__(
        self,
        keeper: Keeper,
        connection: Callable[[], Connection],
        demo: Callable[[], bool],
        outlook: Callable[[], Outlook] = lambda: CLOSED,
        looks: ColumnLooks = ITS_OWN,
        *,
        storage: Callable[[], str] = lambda: "",
    ) -> None:
        """`outlook` tells what decides when that which waits goes out; `looks` what the columns are called.

        `storage` says in a line why nothing can be saved, "" when it can.
        """
        self._keeper = keeper
        self._connection = connection
        self._demo = demo
        self._outlook = outlook
        self._looks = looks
        self._storage = storage
        self._line: tuple[Board, Outlook, dict[str, Wait]] | None = None

    def told(self) -> int:
        """The number of the newest notification."""
        return self._keeper.told

    def columns(self) -> list[ColumnView]:
        return column_views(self._board, self._looks)

    def cards(self) -> dict[str, CardView]:
        board, line = self._board, self._waits()
        connection = self._connection()
        can_cancel, can_merge = connection.can_cancel, connection.can_merge
        return {
            task.id: card_view(board, task, can_cancel=can_cancel, can_merge=can_merge, line=line)
            for task in board.tasks.values()
            if task.is_on_board
        }

    def card(self, task_id: str) -> CardView | None:
        task = self._board.task(task_id)
        if task is None:
            return None
        connection = self._connection()
        can_cancel, can_merge = connection.can_cancel, connection.can_merge
        return card_view(self._board, task, can_cancel=can_cancel, can_merge=can_merge, line=self._waits())

    def detail(self, task_id: str) -> DetailView | None:
        card, task = self.card(task_id), self._board.task(task_id)
        return detail_view(self._board, card, task) if card and task else None

    def templates(self) -> list[TemplateView]:
        """What new cards can start from, by name."""
        return [template_view(template) for template in self._board.kept_templates()]

    def template(self, template_id: str) -> TemplateView | None:
        template = self._board.template(template_id)
        return template_view(template) if template else None

    def labels(self) -> list[str]:
        """Every label that a card of the board has, once, in the order of the alphabet."""
        found = {label.casefold(): label for task in self._shown() for label in task.labels}
        return [found[key] for key in sorted(found)]

    def unfinished(self) -> list[BlockerView]:
        """The cards that others can wait for, the newest first."""
        open_ones = [task for task in self._shown() if task.column is not Column.COMPLETED]
        newest = sorted(open_ones, key=lambda task: task.number, reverse=True)
        return [BlockerView(id=t.id, number=t.number, title=t.title, done=False) for t in newest]

    def history(self, task_id: str) -> list[PastAttempt]:
        """What has been done with a card, the newest first."""
        return history_of(self._board, task_id, self._looks)

    def name(self, task_id: str | None) -> str:
        """What people call a card, wherever it is."""
        task = self._board.tasks.get(task_id or "")
        return f"#{task.number} {task.title}" if task else "A card"

    def removed(self, place: Place, words: str = "") -> RemovedList:
        """The cards in the archive or the bin that have these words, the newest first."""
        return removed(self._board, place, words, self._looks)

    def lives(self) -> dict[str, LiveView]:
        """The live fields of every card that has or had a run."""
        return {t.id: self._live(t) for t in self._board.tasks.values() if t.attempt_id and t.is_on_board}

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
        view = connection_view(self._connection())
        if notice := self._storage():
            view["notices"] = [notice, *view["notices"]]
        return view

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

    def _shown(self) -> list[Task]:
        """The cards that are on the board."""
        return [task for task in self._board.tasks.values() if self._board.task(task.id)]

    def _waits(self) -> dict[str, Wait]:
        """Played through once for each state of the board, not for each card of it."""
        board, outlook = self._board, self._outlook()
        if self._line is None or self._line[0] is not board or self._line[1] != outlook:
            self._line = (board, outlook, waits(board, outlook, datetime.now(UTC)))
        return self._line[2]

    def _live(self, task: Task) -> LiveView:
        last = self._keeper.last.newest.get(task.run_id or "", "")
        return live_view(self._board.attempt_of(task), last)
