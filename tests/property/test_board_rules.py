"""Whatever people and services say in whatever order: what stays true of the board."""

import random
import string
from dataclasses import replace
from datetime import timedelta
from typing import Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kanban_app.catalogue import CATALOGUE
from kanban_app.domain import commands as c
from kanban_app.domain import reported as r
from kanban_app.domain.decide import Message, decide
from kanban_app.domain.events import AttemptSent, AttemptUnbound, Event
from kanban_app.domain.evolve import evolve_all
from kanban_app.domain.facts import Facts
from kanban_app.domain.model import Attempt, AttemptKind, Board, Failure, RunStatus, StageState, Task
from kanban_app.domain.refusal import Refusal
from kanban_app.domain.stages import Column, Stage, column_of
from kanban_app.domain.workflows import MERGE_WORKFLOW, ORCHESTRATOR, WORKFLOWS, TaskType, Vintage, choose_workflow
from kanban_app.errors import describe, from_refusal
from tests.support.builders import START, World, essence
from tests.support.soundness import expect_sound

STRANGER: Final = "cafe0001"
NAMES: Final = (*WORKFLOWS, "dynamic_plan_build", "somebodys_script", "")
WORDS: Final = ("started", "in_progress", "in_progress", "completed", "failed", "cancelled", "waiting", "odd")
REPORTS: Final = (
    r.Release
    | r.Sending
    | r.Unsent
    | r.Accepted
    | r.Refused
    | r.Uncertain
    | r.CancelRefused
    | r.StageReported
    | r.StatusReported
    | r.RunDescribed
    | r.SignOfLife
    | r.StandsStill
)


class Chance:
    """Makes messages that fit the board more often than not, so that runs get somewhere."""

    def __init__(self, seed: int, world: World) -> None:
        self.pick = random.Random(seed)
        self.world = world

    def message(self) -> Message:
        makers = (self.edit, *[self.move] * 3, *[self.user] * 2, *[self.dispatch] * 4, *[self.answer] * 2)
        return self.pick.choice((*makers, *[self.service] * 5, self.card))()

    def task_id(self) -> str:
        return self.pick.choice([*self.world.board.tasks, "nobody"])

    def attempt(self) -> Attempt | None:
        board = self.world.board
        newest = [a for t in board.tasks.values() if (a := board.attempt_of(t))]
        return self.pick.choice(newest if newest and self.pick.random() < 0.9 else [*board.attempts.values(), None])

    def attempt_id(self) -> str:
        attempt = self.attempt()
        return attempt.id if attempt else "nobody"

    def adw_id(self) -> str:
        attempt = self.attempt()
        return attempt.adw_id if attempt else STRANGER

    def stages(self) -> tuple[Stage, ...]:
        return tuple(stage for stage in Stage if self.pick.random() < 0.5)

    def card(self) -> Message:
        return self.pick.choice(
            (
                c.CreateTask("A card", type=self.pick.choice([*TaskType]), stages=self.stages()),
                c.DeleteTask(self.task_id()),
                c.RestoreTask(self.task_id()),
                c.ArchiveTask(self.task_id()),
                c.PurgeTask(self.task_id()),
                c.DuplicateTask(self.task_id()),
                c.LabelTask(self.task_id(), "ui", on=self.pick.random() < 0.5),
                c.LimitColumn(self.pick.choice([*Column]), self.pick.choice([None, 1, 3])),
            )
        )

    def edit(self) -> Message:
        task_id = self.task_id()
        task = self.world.board.tasks.get(task_id)
        attempt = self.world.board.attempt_of(task) if task else None
        changes: dict[str, object] = {"title": self.pick.choice(["", "New", "x" * 300]), "stages": self.stages()}
        if self.pick.random() < 0.5:
            changes = {"blocked_by": [self.task_id() for _ in range(self.pick.choice([0, 1, 2]))]}
        elif attempt is None or not attempt.is_open:
            changes["type"] = self.pick.choice(["bug", "patch", "epic"])
        return c.EditTask(task_id, changes, self.pick.choice([None, 1]))

    def move(self) -> Message:
        index = self.pick.choice([None, 0, 1, 9])
        column = self.pick.choice([*Column])
        action = self.pick.choice([None, None, None, "mark", "merge", "odd"])
        after = self.pick.choice([None, self.task_id()])
        task_id, has_after = self.task_id(), self.pick.random() < 0.5
        if self.pick.random() < 0.2:
            return self.merge(task_id)
        return c.MoveTask(task_id, column, after, has_after, index, action)

    def merge(self, task_id: str) -> Message:
        method = self.pick.choice([None, "squash", "rebase", "odd"])
        return c.MoveTask(task_id, Column.COMPLETED, action="merge", method=method)

    def user(self) -> Message:
        name = self.pick.choice([None, None, *NAMES])
        adw_id = self.pick.choice([None, None, None, self.adw_id(), "../bad"])
        return self.pick.choice(
            (
                c.StartTask(self.task_id(), self.stages(), name, adw_id, self.pick.choice([None, "base", "odd"])),
                c.RetryTask(self.task_id()),
                c.ResumeTask(self.task_id(), self.pick.choice([*Stage])),
                c.RestartTask(self.task_id(), self.pick.random() < 0.5),
                c.PatchTask(self.task_id(), self.pick.choice(["short", "Make the title larger"])),
                c.CancelRun(self.adw_id()),
                c.Withdraw(self.attempt_id()),
                c.StartAgain(self.attempt_id()),
                c.NotRunning(self.attempt_id()),
                c.StageDone(self.attempt_id()),
                c.Requeue(self.attempt_id(), self.pick.choice([-1, 1, 2, 9])),
                c.FreePlace(self.attempt_id()),
                c.StartAnyway(self.attempt_id()),
            )
        )

    def dispatch(self) -> Message:
        attempt = self.attempt()
        if attempt is None or attempt.status is RunStatus.HELD:
            return r.Release(self.attempt_id())
        vintage = self.pick.choice([*Vintage])
        if attempt.workflow_type:
            return r.Sending(attempt.id, attempt.workflow_type, attempt.stages, vintage)
        choice = choose_workflow(self.world.board.tasks[attempt.task_id].type, attempt.stages, vintage)
        return r.Sending(attempt.id, choice.name, choice.stages, vintage)

    def answer(self) -> Message:
        return self.pick.choice(
            (
                r.Accepted(self.attempt_id()),
                r.Accepted(self.attempt_id()),
                r.Unsent(self.attempt_id()),
                r.Refused(self.attempt_id(), Failure("E-WF-3", {"message": "no"})),
                r.Uncertain(self.attempt_id(), "E-LOAD-4"),
                r.CancelRefused(self.adw_id(), "no", gone=self.pick.random() < 0.5),
            )
        )

    def service(self) -> Message:
        attempt = self.attempt()
        adw_id = attempt.adw_id if attempt else STRANGER
        named = self.pick.choice([None, None, self.attempt_id()])
        at = self.pick.choice([None, self.world.now, START])
        name = self.pick.choice([ORCHESTRATOR, (attempt and attempt.workflow_type) or "", *NAMES])
        percent = self.pick.choice([None, -5, 0, 33, 50, 99, 100, 250])
        text = self.pick.choice(["", "words", "Failed to start workflow: x"])
        return self.pick.choice(
            (
                r.StageReported(adw_id, self.stage_column(), None, text, at, named),
                r.StageReported(adw_id, self.column(), self.column(), text, at, named),
                r.StatusReported(adw_id, name, self.pick.choice(WORDS), text, percent, text, at, named),
                r.StatusReported(adw_id, name, self.pick.choice(WORDS), text, percent, text, at, named),
                r.RunDescribed(adw_id, self.pick.choice([None, "branch"]), self.pick.random() < 0.5),
                r.SignOfLife(adw_id, self.pick.random() < 0.5),
                r.StandsStill(adw_id),
            )
        )

    def stage_column(self) -> Column:
        return column_of(self.pick.choice([*Stage]))

    def column(self) -> Column:
        return self.pick.choice([*Column])


def facts_of(w: World, chance: Chance) -> Facts:
    w.grace_s = chance.pick.choice([0.0, 3.0])
    w.can_cancel = chance.pick.random() < 0.5
    w.vintage = chance.pick.choice([None, *Vintage])
    w.merges = w.vintage is Vintage.OURS and chance.pick.random() < 0.9
    w.now += timedelta(seconds=1)
    return w.facts()


def expect_words(refusal: Refusal) -> None:
    assert refusal.code in CATALOGUE
    text = CATALOGUE[refusal.code]
    for template in (text.title, text.message, *text.labels):
        for _, name, _, _ in string.Formatter().parse(template):
            assert name is None or name in refusal.params, f"{refusal.code} leaves {{{name}}} open"
    view = from_refusal(refusal).view()
    assert view["message"] == describe(refusal.code, refusal.params)["message"]
    assert all(value for value in refusal.params.values())


def expect_no_step_back(before: Board, after: Board, message: Message) -> None:
    order = list(Column)
    for attempt_id, attempt in before.attempts.items():
        now = after.attempts[attempt_id]
        assert now.progress >= attempt.progress
        assert set(now.finished) >= set(attempt.finished)
        if attempt.kind is AttemptKind.MERGE and isinstance(message, r.StatusReported) and now is not attempt:
            assert message.workflow_name == MERGE_WORKFLOW, "what others say is not about the merge"
        if attempt.is_aside and attempt.is_open:
            assert done_stages(after, attempt) >= done_stages(before, attempt), "a patch loses no stage"
        assert attempt.is_open or now.status is attempt.status, "what has ended stays ended"
    if not isinstance(message, REPORTS):
        return
    for task_id, task in before.tasks.items():
        now = after.tasks[task_id]
        assert (now.attempt_id, now.run_id) == (task.attempt_id, task.run_id)
        assert order.index(now.column) >= order.index(task.column)
        if now.column is Column.COMPLETED and task.column is not Column.COMPLETED:
            expect_own_merge(before, after, task, message)


def expect_own_merge(before: Board, after: Board, task: Task, message: Message) -> None:
    """Nothing but the end of the card's own merge completes a card."""
    was, now = before.attempt_of(task), after.attempt_of(task)
    assert was
    assert now
    assert (task.column, was.kind, was.is_open) == (Column.READY, AttemptKind.MERGE, True)
    assert now.status is RunStatus.COMPLETED
    assert isinstance(message, r.StatusReported | r.StageReported)
    assert message.attempt_id in {None, was.id}


def done_stages(board: Board, attempt: Attempt) -> set[Stage]:
    stages = board.runs[attempt.adw_id].stages
    return {stage for stage, record in stages.items() if record.state is StageState.COMPLETED}


def expect_places(w: World, message: Message) -> None:
    if isinstance(message, c.Requeue):
        line = [attempt.id for attempt in w.board.queue()]
        assert line.index(message.attempt_id) == max(0, min(message.place - 1, len(line) - 1))


def expect_waiting(before: Board, message: Message, decided: list[Event]) -> None:
    """Nothing is sent past a card that it waits for, and nobody stops waiting without a word."""
    sent = [before.attempts[x.attempt_id] for x in decided if isinstance(x, AttemptSent)]
    assert not any(before.waits_for(attempt) for attempt in sent)
    unbound = [x for x in decided if isinstance(x, AttemptUnbound)]
    assert isinstance(message, c.StartAnyway) or not unbound


def expect_harmless_repeat(w: World, message: Message, facts: Facts) -> None:
    if not isinstance(message, REPORTS):
        return
    again = decide(w.board, message, replace(facts, attempt_id="again", adw_id="again000"))
    assert not isinstance(again, Refusal), "reports are never refused"
    assert evolve_all(w.board, again) == w.board


def expect_exact_withdrawal(before: Board, w: World, message: Message) -> None:
    if not isinstance(message, c.MoveTask | c.StartTask | c.RetryTask | c.ResumeTask | c.RestartTask | c.PatchTask):
        return
    had = before.tasks[message.task_id]
    waiting = before.attempt_of(had)
    attempt = w.board.attempt_of(w.board.tasks[message.task_id])
    if attempt is None or attempt.id in before.attempts or (waiting and waiting.is_open):
        return
    undone = decide(w.board, c.Withdraw(attempt.id), w.facts())
    assert not isinstance(undone, Refusal)
    assert essence(evolve_all(w.board, undone), had.id) == essence(before, had.id)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seeds=st.lists(st.integers(0, 2**32), min_size=1, max_size=90))
def test_the_board_stays_sound(seeds: list[int]):
    w = World()
    for stages in ((Stage.PLAN, Stage.BUILD, Stage.TEST), tuple(Stage), (Stage.BUILD,)):
        w.card(stages)
    w.card(task_type=TaskType.PATCH)
    ready = w.card((Stage.PLAN, Stage.BUILD))
    w.start(ready).finish(ready)
    for seed in seeds:
        chance = Chance(seed, w)
        expect_rules(w, chance.message(), facts_of(w, chance))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seeds=st.lists(st.integers(0, 2**32), min_size=1, max_size=40), patched=st.booleans())
def test_whatever_services_say_of_a_card_that_is_merged_or_patched(seeds: list[int], *, patched: bool):
    w = World()
    card = w.card((Stage.PLAN, Stage.BUILD))
    w.start(card).finish(card)
    merge = c.MoveTask(card, Column.COMPLETED, action="merge")
    wish = c.PatchTask(card, "Make the title larger") if patched else merge
    for seed in seeds:
        chance = Chance(seed, w)
        attempt = w.board.attempt_of(w.task(card))
        makers = [chance.service] * 6 + [chance.answer] + [chance.dispatch] * (attempt is not None and attempt.is_open)
        message = wish if attempt is None or not attempt.is_open else chance.pick.choice(makers)()
        expect_rules(w, message, facts_of(w, chance))


def expect_rules(w: World, message: Message, facts: Facts) -> None:
    before = w.board
    parts = ("tasks", "runs", "attempts", "templates", "limits")
    copy = replace(before, **{name: dict(getattr(before, name)) for name in parts})
    decided = decide(before, message, facts)
    assert before == copy, "decide changes nothing"
    if isinstance(decided, Refusal):
        assert not isinstance(message, REPORTS)
        expect_words(decided)
        return
    w.board = evolve_all(before, decided)
    assert before == copy, "evolve makes a new board"
    expect_sound(w.board)
    expect_no_step_back(before, w.board, message)
    expect_harmless_repeat(w, message, facts)
    expect_exact_withdrawal(before, w, message)
    expect_places(w, message)
    expect_waiting(before, message, decided)


@given(st.lists(st.sampled_from([*Column]), min_size=1, max_size=30))
def test_columns_in_any_order_lead_forward_only(columns: list[Column]):
    w = World()
    card = w.card(tuple(Stage))
    w.start(card)
    places = [w.place(card)]
    for column in columns:
        w.stage(card, column).stage(card, column)
        places.append(w.place(card))
    order = list(Column)
    assert places == sorted(places, key=order.index)
