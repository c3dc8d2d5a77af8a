"""Boards for tests, built by the same decisions that the program takes: no state that it could not reach."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from kanban_app.domain import commands as c
from kanban_app.domain import reported as r
from kanban_app.domain.decide import Message, decide
from kanban_app.domain.events import Event
from kanban_app.domain.evolve import evolve_all
from kanban_app.domain.facts import Facts
from kanban_app.domain.model import Attempt, Board, Failure, Flag, Run, RunStatus, Task
from kanban_app.domain.refusal import Refusal
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import ORCHESTRATOR, TaskType, Vintage, choose_workflow

START = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
COMMIT = "0123abcd" * 5
PLAN_BUILD_TEST = (Stage.PLAN, Stage.BUILD, Stage.TEST)


@dataclass
class World:
    """A board with a clock and ids of its own. Each message comes a second after the last one."""

    board: Board = field(default_factory=lambda: Board("default"))
    now: datetime = START
    grace_s: float = 0.0
    can_cancel: bool = False
    demo: bool = False
    clock_skew_s: float = 0.0
    vintage: Vintage | None = None
    merges: bool = False
    last: list[Event] = field(default_factory=list)
    _ids: Any = field(default_factory=lambda: count(1))

    def facts(self) -> Facts:
        number = next(self._ids)
        return Facts(
            now=self.now,
            author="tester",
            task_id=f"task{number}",
            attempt_id=f"attempt{number}",
            adw_id=f"{number:08x}",
            grace_s=self.grace_s,
            can_cancel=self.can_cancel,
            demo=self.demo,
            clock_skew_s=self.clock_skew_s,
            vintage=self.vintage,
            merges=self.merges,
        )

    def say(self, message: Message) -> list[Event] | Refusal:
        """Decide, and apply what was decided."""
        self.now += timedelta(seconds=1)
        decided = decide(self.board, message, self.facts())
        if isinstance(decided, Refusal):
            return decided
        self.last = decided
        self.board = evolve_all(self.board, decided)
        return decided

    def do(self, *messages: Message) -> "World":
        """Say all of them; none may be refused."""
        for message in messages:
            decided = self.say(message)
            assert not isinstance(decided, Refusal), f"{message} was refused: {decided}"
        return self

    def refused(self, message: Message) -> Refusal:
        """Say what must be refused, and see that it changes nothing."""
        before = self.board
        decided = self.say(message)
        assert isinstance(decided, Refusal), f"{message} was not refused: {decided}"
        assert self.board is before
        return decided

    # Cards

    def card(
        self,
        stages: tuple[Stage, ...] = PLAN_BUILD_TEST,
        *,
        task_type: TaskType = TaskType.FEATURE,
        title: str = "A card",
        description: str = "",
    ) -> str:
        before = set(self.board.tasks)
        self.do(c.CreateTask(title=title, description=description, type=task_type, stages=stages))
        return next(iter(set(self.board.tasks) - before))

    def task(self, task_id: str) -> Task:
        return self.board.tasks[task_id]

    def attempt(self, task_id: str) -> Attempt:
        attempt = self.board.attempt_of(self.task(task_id))
        assert attempt is not None
        return attempt

    def run(self, task_id: str) -> Run:
        return self.board.runs[self.attempt(task_id).adw_id]

    def status(self, task_id: str) -> RunStatus:
        return self.board.status_of(self.task(task_id))

    def place(self, task_id: str) -> Column:
        return self.task(task_id).column

    def order(self, column: Column) -> list[str]:
        return [task.id for task in self.board.column(column)]

    # Their runs

    def move(self, task_id: str, column: Column, **where: Any) -> "World":
        return self.do(c.MoveTask(task_id, column, **where))

    def send(self, task_id: str, vintage: Vintage = Vintage.V1) -> "World":
        """The dispatcher's part: the attempt's bytes leave."""
        attempt = self.attempt(task_id)
        if attempt.status is RunStatus.HELD:
            self.do(r.Release(attempt.id))
        if attempt.workflow_type:
            name, stages = attempt.workflow_type, attempt.stages
        else:
            choice = choose_workflow(self.task(task_id).type, attempt.stages, vintage)
            name, stages = choice.name, choice.stages
        return self.do(r.Sending(attempt.id, name, stages, vintage))

    def accept(self, task_id: str, vintage: Vintage = Vintage.V1) -> "World":
        self.send(task_id, vintage)
        return self.do(r.Accepted(self.attempt(task_id).id))

    def start(self, task_id: str, stage: Stage = Stage.PLAN, vintage: Vintage = Vintage.V1) -> "World":
        """Drop the card on a stage and let the service accept it."""
        self.move(task_id, Column(stage.value))
        return self.accept(task_id, vintage)

    def stage(self, task_id: str, column: Column, **rest: Any) -> "World":
        return self.do(r.StageReported(self.attempt(task_id).adw_id, column, at=self.now, **rest))

    def told(self, task_id: str, status: str, name: str | None = None, **rest: Any) -> "World":
        attempt = self.attempt(task_id)
        name = attempt.workflow_type or ORCHESTRATOR if name is None else name
        return self.do(r.StatusReported(attempt.adw_id, name, status, at=self.now, **rest))

    def finish(self, task_id: str) -> "World":
        return self.told(task_id, "completed")

    def fail(self, task_id: str, message: str = "it broke") -> "World":
        return self.told(task_id, "failed", message=message)

    def refuse(self, task_id: str) -> "World":
        return self.do(r.Refused(self.attempt(task_id).id, Failure("E-WF-3", {"message": "no"})))

    def doubt(self, task_id: str, vintage: Vintage = Vintage.V1) -> "World":
        self.send(task_id, vintage)
        return self.do(r.Uncertain(self.attempt(task_id).id, "E-LOAD-4"))

    def silence(self, task_id: str) -> "World":
        return self.do(r.SignOfLife(self.attempt(task_id).adw_id, silent=True))

    def cancelled(self, task_id: str) -> "World":
        return self.told(task_id, "cancelled", message="stopped")

    def kinds(self) -> list[str]:
        """What the last message has made happen."""
        return [event.kind for event in self.last]


def essence(board: Board, task_id: str) -> tuple[Any, ...]:
    """What a withdrawal has to restore: place, order, run and attempt of a card."""
    task = replace(board.tasks[task_id], updated_at=START)
    orders = {column: [t.id for t in board.column(column)] for column in Column}
    return task, orders


def flags_of(world: World, task_id: str) -> frozenset[Flag]:
    return world.run(task_id).flags
