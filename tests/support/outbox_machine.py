"""Everything that users, networks, services and crashes do to the way from a wish to a started workflow, in any order.

The whole app but screen and sockets runs under virtual time (`virtual_board.py`) against `fault_service/core.py`, whose
books say what was really started. The invariants are those of the architecture: section "Task, run, attempt".
"""

import json
import logging
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, ClassVar, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kanban_app.domain import commands as c
from kanban_app.domain.deeds import Deed
from kanban_app.domain.model import Attempt, Board, Flag, RunStatus
from kanban_app.domain.placement import decisions
from kanban_app.domain.stages import Stage
from kanban_app.domain.workflows import Vintage
from kanban_app.errors import BoardError
from tests.support.soundness import expect_sound
from tests.support.virtual_board import VirtualBoard, virtual_board

ACTIVE_AT_ONCE: Final = 3
PER_MINUTE: Final = 3
WINDOW_S: Final = 59.9
"""The rolling minute, less what a store needs to write: the app counts from its decision, the wire from the sending."""
AT_RISK_S: Final = 1.0
"""What was read so shortly before a kill need not have been stored, where nobody says it again."""
CARDS: Final = 6
BARE_PONG: Final = '{"type": "pong"}'
"""Before the service's own first pong, this says that it is a V0, and not that something is wrong."""
GARBAGE: Final = (
    "",
    "not JSON",
    "[]",
    "null",
    '{"type": "trigger_response"}',
    '{"type": "trigger_response", "data": {"status": "accepted", "adw_id": "ffffffff"}}',
    BARE_PONG,
    '{"type": "pong", "client_timestamp": "of nobody"}',
    '{"type": "error", "data": null}',
    '{"type": "status_update", "data": {"adw_id": 7, "status": ["x"], "progress_percent": "many"}}',
    '{"type": "workflow_log", "data": {"adw_id": "feedbeef", "level": null, "message": {"a": 1}}}',
    '{"type": "stage_transition", "data": {"adw_id": "feedbeef", "to_stage": "moon"}}',
    '{"type": "nobody_knows", "data": {"adw_id": "feedbeef"}, "seq": -3}',
    '{"type": "text_block", "data": ' + "[" * 2000,
    b"\xff\xfe\x00binary",
)
FINAL: Final = frozenset({RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.REFUSED, RunStatus.CANCELLED})
PAUSES: Final = st.sampled_from([0.001, 0.003, 0.006, 0.009, 0.02, 0.2, 1.1, 3.2, 7.0, 31.0, 65.0])
SHORT: Final = st.sampled_from([0.0, 0.001, 0.003, 0.006, 0.007, 0.009, 0.012, 0.013, 0.014, 0.016, 0.018, 0.03, 0.1])
"""A start is stored after 6 ms, marked after 12, with the service after 14, answered after 16, known after 22."""
FOR_A_WHILE: Final = st.sampled_from([0.001, 0.3, 5.0, 40.0, 100.0])
NUMBER: Final = st.integers(0, 7)


class OutboxMachine(RuleBasedStateMachine):
    vintage: ClassVar[Vintage]

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.stack.callback(logging.disable, logging.root.manager.disable)
        logging.disable(logging.CRITICAL)  # what a dying app says of its store
        limits = {"max_concurrent_runs": ACTIVE_AT_ONCE, "triggers_per_minute": PER_MINUTE}
        grace_s = 3.0 if self.vintage is Vintage.V0 else 0.0
        timing = {"run_silent_after_s": 300, "trigger_grace_s": grace_s}
        self.b: VirtualBoard = self.stack.enter_context(virtual_board(self.vintage, **limits, **timing))
        self.b.on_save = self.on_save
        self.b.wire.on_send = self.on_send
        self.b.wire.on_read = self.on_read
        self.is_up = False
        self.sent = Counter[str]()
        self.sent_at = list[float]()
        self.emitted: dict[str, list[str]] = defaultdict(list)
        self.read: dict[str, list[tuple[float, str]]] = defaultdict(list)
        self.may_be_lost = set[str]()
        self.violations = list[str]()

    # What must be true whenever something happens

    def on_save(self, before: Board, after: Board) -> None:
        line = [attempt.id for attempt in before.queue()]
        for attempt_id, attempt in after.attempts.items():
            was = before.attempts.get(attempt_id)
            if attempt.status is not RunStatus.SENDING or was is None or was.status is not RunStatus.QUEUED:
                continue
            self.expect([attempt_id] == line[:1], "the first of the queue is sent first")
            self.expect(_active(after) <= ACTIVE_AT_ONCE, "no more at once than allowed")

    def on_send(self, text: str) -> None:
        message = json.loads(text)
        if message["type"] != "trigger_workflow":
            return
        data = message["data"]
        marked = [a for a in self.b.board.attempts.values() if a.status is RunStatus.SENDING]
        is_marked = [a.adw_id for a in marked] == [data["adw_id"]]
        self.expect(is_marked, "marked before the bytes leave")
        if is_marked:
            self.sent[marked[0].id] += 1
            is_named = data.get("request_id") == (marked[0].id if self.vintage is Vintage.OURS else None)
            self.expect(is_named, "a repeat has the same request id")
            self.expect(self.vintage is Vintage.OURS or self.sent[marked[0].id] == 1, "nothing is resent blindly")
        now = self.b.loop.time()
        self.sent_at.append(now)
        recent = [at for at in self.sent_at if now - at < WINDOW_S]
        self.expect(len(recent) <= PER_MINUTE, f"{len(recent)} triggers in a minute")

    def expect(self, is_so: bool, what: str) -> None:
        """Inside the app, which must not see our own exceptions."""
        if not is_so:
            self.violations.append(what)

    def on_read(self, frame: str | bytes) -> None:
        if not any(kind in str(frame) for kind in ('"workflow_log"', '"agent_log"')) or "feedbeef" in str(frame):
            return
        data = json.loads(frame)["data"]
        text = data["message"].rpartition(" - ")[2]  # of V1 with the stamp of its file
        self.read[data["adw_id"]].append((self.b.loop.time(), text))

    @invariant()
    def nothing_is_started_twice(self) -> None:
        assert max(self.b.core.per_request().values(), default=0) <= 1
        attempts = Counter(a.adw_id for a in self.b.board.attempts.values())
        for adw_id, count in self.b.core.per_run().items():
            assert count <= attempts[adw_id]

    @invariant()
    def what_ended_without_a_start_was_not_started(self) -> None:
        started = self.b.core.per_run()
        attempts = Counter(a.adw_id for a in self.b.board.attempts.values())
        for attempt in self.b.board.attempts.values():
            alone = attempts[attempt.adw_id] == 1
            if alone and (attempt.status is RunStatus.REFUSED or (attempt.is_open and attempt.sent_at is None)):
                assert started[attempt.adw_id] == 0

    @invariant()
    def the_board_is_sound(self) -> None:
        expect_sound(self.b.board)
        assert self.b.failures == []
        assert self.violations == []

    # What users do

    @initialize(count=st.integers(1, CARDS), pauses=st.lists(SHORT, min_size=1, max_size=3))
    def cards(self, count: int, pauses: list[float]) -> None:
        """Every example begins with starts under way: what happens to nobody proves nothing."""
        self.b.start()
        self.is_up = True
        self.b.advance(1.0)
        for number in range(count):
            stages = (Stage.PLAN, Stage.BUILD) if number % 2 else (Stage.PLAN,)
            assert self.b.do(c.CreateTask(f"card {number}", stages=stages)).ok
        for number, pause in enumerate(pauses):
            self.start(number, pause)

    @precondition(lambda self: self.is_up)
    @rule(number=NUMBER, pause=SHORT)
    def start(self, number: int, pause: float) -> None:
        self.act(c.StartTask(self.task_id(number)), pause)

    @precondition(lambda self: self.is_up)
    @rule(number=NUMBER, pause=SHORT)
    def retry(self, number: int, pause: float) -> None:
        self.act(c.RetryTask(self.task_id(number)), pause)

    @precondition(lambda self: self.is_up)
    @rule(number=NUMBER, before=SHORT, after=st.booleans(), in_order=st.booleans())
    def start_into_trouble(self, number: int, before: float, after: bool, in_order: bool) -> None:
        """What hits the moments around a trigger hardest: the connection or the app ends just then."""
        self.start(number, before)
        if in_order:
            self.cut_all(None, after_up=after)
        else:
            self.end_the_app(0.0, in_order=False)

    @precondition(lambda self: self.is_up and self.newest())
    @rule(
        number=NUMBER,
        kind=st.sampled_from(["cancel", "withdraw", "again", "not running", "done", "anyway"]),
        pause=SHORT,
    )
    def decide(self, number: int, kind: str, pause: float) -> None:
        attempt = _at(self.newest(), number)
        wishes: dict[str, c.Command] = {
            "cancel": c.CancelRun(attempt.adw_id),
            "withdraw": c.Withdraw(attempt.id),
            "again": c.StartAgain(attempt.id),
            "not running": c.NotRunning(attempt.id),
            "done": c.StageDone(attempt.id),
            "anyway": c.StartAnyway(attempt.id),
        }
        self.act(wishes[kind], pause)

    @precondition(lambda self: self.is_up)
    @rule(number=NUMBER, others=st.lists(NUMBER, max_size=2), pause=SHORT)
    def wait_for(self, number: int, others: list[int], pause: float) -> None:
        blockers = tuple(self.task_id(other) for other in others)
        self.act(c.EditTask(self.task_id(number), {"blocked_by": blockers}), pause)

    @precondition(lambda self: self.is_up)
    @rule(number=NUMBER, way=st.sampled_from([c.ArchiveTask, c.DeleteTask, c.RestoreTask, c.RestoreTask]), pause=SHORT)
    def take_off_or_back(self, number: int, way: Callable[[str], c.Command], pause: float) -> None:
        """Whoever waits for a card that leaves the board waits no more, and again once it is back."""
        self.act(way(self.task_id(number)), pause)

    @precondition(lambda self: self.is_up and self.withdrawn())
    @rule(number=NUMBER, pause=SHORT)
    def undo_a_withdrawal(self, number: int, pause: float) -> None:
        attempt = _at(self.withdrawn(), number)
        task = self.b.board.tasks[attempt.task_id]
        deed = Deed(task.id, withdrawn=attempt.id, attempt_id=task.attempt_id, stages=task.stages)
        self.act(c.UndoOperation("withdrawal", deed), pause)

    @precondition(lambda self: self.is_up and self.newest())
    @rule(number=NUMBER)
    def check(self, number: int) -> None:
        try:
            self.b.check(_at(self.newest(), number))
        except BoardError:
            return

    # What services do

    @precondition(lambda self: self.b.core.active())
    @rule(number=NUMBER, count=st.integers(1, 4))
    def runs_talk(self, number: int, count: int) -> None:
        start = _at(self.b.core.active(), number)
        for _ in range(count):
            self.b.wire.say(self.b.core.line(start))
            self.emitted[start.adw_id].append(f"line {start.lines} of {start.adw_id}")

    @precondition(lambda self: self.b.core.active())
    @rule(number=NUMBER)
    def runs_move(self, number: int) -> None:
        start = _at(self.b.core.active(), number)
        first = start.stages[0] if start.stages else "plan"
        self.b.wire.say(self.b.core.stage(start, "backlog", first))

    @precondition(lambda self: self.b.core.active())
    @rule(number=NUMBER, status=st.sampled_from(["completed", "completed", "failed"]))
    def runs_end(self, number: int, status: str) -> None:
        self.b.wire.say(self.b.core.end(_at(self.b.core.active(), number), status))

    @rule(fault=st.sampled_from(["lose", "twice", "late"]))
    def answers_go_wrong(self, fault: str) -> None:
        if len(self.b.wire.answer_faults) < 2:
            self.b.wire.answer_faults.append(fault)

    @rule(fault=st.sampled_from([None, None, "error", "crash"]))
    def launches_go_wrong(self, fault: str | None) -> None:
        self.b.core.launch_fault = fault

    @rule(seconds=FOR_A_WHILE)
    def service_falls_silent(self, seconds: float) -> None:
        self.b.wire.is_mute = True
        self.b.wire.later(lambda: setattr(self.b.wire, "is_mute", False), seconds)

    @rule(code=st.sampled_from([None, 1000, 1001, 1011, 1012]), seconds=FOR_A_WHILE)
    def service_restarts(self, code: int | None, seconds: float) -> None:
        self.b.wire.is_listening = False
        self.b.wire.later(lambda: setattr(self.b.wire, "is_listening", True), seconds)
        self.cut_all(code, after_up=code is not None)
        if self.vintage is not Vintage.OURS:
            self.b.core.forget_requests()

    @precondition(lambda self: self.b.wire.sockets)
    @rule(frame=st.sampled_from(GARBAGE), number=NUMBER)
    def garbage(self, frame: str | bytes, number: int) -> None:
        socket = _at(self.b.wire.sockets, number)
        if socket.is_greeted or frame != BARE_PONG:
            socket.push(frame)

    # What networks do

    @rule(after_up=st.booleans())
    def cut(self, after_up: bool) -> None:
        self.cut_all(None, after_up=after_up)

    @precondition(lambda self: self.b.wire.sockets)
    @rule(up=st.booleans(), down=st.booleans(), seconds=FOR_A_WHILE)
    def stall(self, up: bool, down: bool, seconds: float) -> None:
        for socket in self.b.wire.sockets:
            socket.stalled_up, socket.stalled_down = up, down
        self.b.wire.later(self.resume, seconds)

    def resume(self) -> None:
        for socket in list(self.b.wire.sockets):
            socket.resume()

    @precondition(lambda self: self.b.wire.sockets)
    @rule()
    def swap(self) -> None:
        for socket in self.b.wire.sockets:
            socket.swap_broadcasts()

    # Time and crashes

    @rule(seconds=PAUSES)
    def wait(self, seconds: float) -> None:
        self.b.advance(seconds)

    @precondition(lambda self: self.is_up)
    @rule(pause=SHORT, in_order=st.sampled_from([False, False, True]))
    def end_the_app(self, pause: float, in_order: bool) -> None:
        self.b.advance(pause)
        self.is_up = False
        if in_order:
            self.b.stop()
            return
        now = self.b.loop.time()
        for lines in self.read.values():
            self.may_be_lost |= {text for at, text in lines if now - at < AT_RISK_S}
        self.b.kill()

    @precondition(lambda self: not self.is_up)
    @rule(pause=PAUSES)
    def come_back(self, pause: float) -> None:
        self.b.advance(pause)
        self.b.start()
        self.is_up = True
        self.b.advance(0.0)

    # The end: all is well again, and everything finds its end

    def teardown(self) -> None:
        try:
            self.heal()
            self.the_board_is_sound()
            self.expect_explained()
            self.finish()
            self.nothing_is_started_twice()
            self.what_ended_without_a_start_was_not_started()
            self.the_board_is_sound()
            self.expect_lines()
        finally:
            self.stack.close()

    def heal(self) -> None:
        wire = self.b.wire
        wire.is_listening, wire.is_mute, self.b.core.launch_fault = True, False, None
        wire.answer_faults.clear()
        self.resume()
        if not self.is_up:
            self.b.start()
            self.is_up = True
        self.b.advance(0.1)
        self.b.retry_now()
        self.b.advance(200.0)

    def expect_explained(self) -> None:
        board = self.b.board
        for attempt in board.attempts.values():
            if attempt.status in FINAL or attempt.status is RunStatus.RUNNING:
                continue
            if attempt.status is RunStatus.UNCERTAIN:
                assert self.vintage is not Vintage.OURS, "who can be asked again is asked again"
                assert "not-running" in decisions(board, attempt)
                continue
            assert attempt.status is RunStatus.QUEUED, f"{attempt.status} for ever"
            if board.waits_for(attempt):
                continue
            assert _active(board) >= ACTIVE_AT_ONCE or self.is_full_minute()

    def is_full_minute(self) -> bool:
        now = self.b.loop.time()
        return sum(1 for at in self.sent_at if now - at < 60.0) >= PER_MINUTE

    def finish(self) -> None:
        """Services end their runs, users decide what is theirs to decide: then nothing stays open."""
        open_ones: list[Attempt] = []
        for _ in range(30):
            open_ones = [a for a in self.b.board.attempts.values() if a.is_open]
            if not open_ones:
                return
            for start in self.b.core.active():
                self.b.wire.say(self.b.core.end(start, "completed"))
            self.b.advance(5.0)
            for attempt in open_ones:
                self.settle(self.b.board.attempts[attempt.id])
            self.b.advance(65.0)
        raise AssertionError(f"open for ever: {open_ones}")

    def settle(self, attempt: Attempt) -> None:
        if self.b.board.waits_for(attempt):
            assert self.b.do(c.StartAnyway(attempt.id)).ok
        offered = decisions(self.b.board, attempt)
        if "check" in offered:
            self.b.check(attempt)
        if "not-running" in decisions(self.b.board, self.b.board.attempts[attempt.id]):
            assert self.b.do(c.NotRunning(attempt.id)).ok

    def expect_lines(self) -> None:
        for adw_id, emitted in self.emitted.items():
            stored = [x.message for x in self.b.store.logs.get(adw_id, []) if x.message.startswith("line ")]
            if self.vintage is Vintage.OURS:
                assert stored == emitted
                continue
            read = [text for _, text in self.read[adw_id]]
            if self.b.core.per_run()[adw_id] == 1:
                assert len(set(stored)) == len(stored)
            kept = [text for text in read if text not in self.may_be_lost]
            assert [text for text in stored if text in set(kept)] == kept
            assert set(stored) <= set(emitted)

    # Helpers

    def act(self, command: c.Command, pause: float) -> None:
        """The command is under way, and perhaps done, when this returns."""
        self.b.begin(command)
        self.b.advance(pause)

    def task_id(self, number: int) -> str:
        return _at(sorted(self.b.board.tasks.values(), key=lambda task: task.number), number).id

    def newest(self) -> list[Attempt]:
        board = self.b.board
        tasks = sorted(board.tasks.values(), key=lambda task: task.number)
        return [attempt for task in tasks if (attempt := board.attempt_of(task))]

    def withdrawn(self) -> list[Attempt]:
        """What was taken back unsent, of cards that nothing was started for since."""
        board = self.b.board
        taken_back = (a for a in board.attempts.values() if a.status is RunStatus.CANCELLED and a.sent_at is None)
        return [a for a in taken_back if board.tasks[a.task_id].attempt_id == a.previous_id]

    def cut_all(self, code: int | None, *, after_up: bool) -> None:
        for socket in list(self.b.wire.sockets):
            socket.cut(code, after_up=after_up)


def _active(board: Board) -> int:
    """Runs that hold a place: one that is silent has lost its own."""
    held = [a for a in board.attempts.values() if a.holds_slot]
    return sum(1 for a in held if Flag.SILENT not in board.runs[a.adw_id].flags)


def _at(items: list[Any], number: int) -> Any:
    return items[number % len(items)]
