"""Both ends of the protocol through a pipe that delays, doubles and breaks."""

import json
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kanban_app.domain.workflows import ORCHESTRATOR, Vintage
from kanban_app.tac7.client_session import ClientSession, NotSent
from kanban_app.tac7.codec import encode
from kanban_app.tac7.requests import TriggerRequest
from kanban_app.tac7.service_session import Register, Reply, ServiceSession, Trigger
from kanban_app.tac7.session_events import (
    Cursor,
    Gap,
    Received,
    SessionEvent,
    TriggerAnswered,
    TriggerRefused,
    TriggerUncertain,
    TriggerUnsent,
)

Outcome = TriggerAnswered | TriggerRefused | TriggerUncertain | TriggerUnsent
WALL = datetime(2026, 11, 22, tzinfo=UTC)
STEPS = st.lists(
    st.sampled_from(
        ["trigger", "bad trigger", "write", "serve", "serve", "read", "read", "double", "say", "cut", "wait"]
    ),
    max_size=60,
)


@dataclass
class Service:
    """Starts what it is asked for, keeps a journal, and answers repeats with the first answer."""

    launched: list[str] = field(default_factory=list[str])
    journal: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    answers: dict[str, str] = field(default_factory=dict[str, str])

    def handle(self, session: ServiceSession, text: str, now: float) -> list[str]:
        return [reply for action in session.receive(text, now, WALL) for reply in self._carry_out(action)]

    def _carry_out(self, action: object) -> list[str]:
        match action:
            case Reply(message):
                return [encode(message)]
            case Register(session_id, since, _):
                again = self.journal[since or 0 :]
                data = {"session_id": session_id, "journal": "j", "last": len(self.journal), "replaying": len(again)}
                return [_frame("session_registered", data), *(json.dumps(message) for message in again)]
            case Trigger(data, request_id):
                return [self._start(str(data.adw_id), request_id)]
            case _:
                return []

    def _start(self, adw_id: str, request_id: str | None) -> str:
        if request_id in self.answers:
            return self.answers[request_id]
        self.launched.append(adw_id)
        answer = _frame("trigger_response", {"status": "accepted", "adw_id": adw_id}, request_id=request_id)
        if request_id is not None:
            self.answers[request_id] = answer
        return answer


def _frame(kind: str, data: dict[str, Any], request_id: str | None = None) -> str:
    return json.dumps({"type": kind, "data": data, **({} if request_id is None else {"request_id": request_id})})


class World:
    """A client, a service, and what is on its way between them."""

    def __init__(self, vintage: Vintage) -> None:
        self.extensions = ("request_id", "cancel", "since") if vintage is Vintage.OURS else ()
        self.service = Service()
        self.cursor = Cursor()
        self.now = 0.0
        self.events: list[SessionEvent] = []
        self.tried: list[str] = []
        self.connect()

    def connect(self) -> None:
        self.client = ClientSession(f"s{self.now}", cursor=self.cursor)
        self.at_service = ServiceSession("c", self.extensions)
        self.up: deque[str] = deque()
        self.down: deque[str] = deque()
        self.client.opened(self.now)

    def step(self, name: str) -> None:
        self.now += 0.01
        match name:
            case "trigger" | "bad trigger":
                self.trigger(bad=name.startswith("bad"))
            case "write":
                self.up.extend(self.client.outgoing())
            case "serve" if self.up:
                self.down.extend(self.service.handle(self.at_service, self.up.popleft(), self.now))
            case "read" if self.down:
                self.client.receive(self.down.popleft(), self.now, WALL)
            case "double" if self.down and '"error"' not in self.down[0]:
                self.client.receive(self.down[0], self.now, WALL)
            case "say":
                self.say()
            case "wait":
                self.now += 20.0
                self.client.tick(self.now)
            case "cut":
                self.cut()
            case _:
                pass
        self.events += self.client.events()
        self.cursor = self.client.cursor
        if self.client.trouble is not None:
            self.cut()

    def trigger(self, *, bad: bool) -> None:
        number = len(self.tried)
        stages = ("clarify",) if bad else ("plan",)  # which the service refuses and the client does not check
        request = TriggerRequest(f"a{number}", f"{number:08x}", ORCHESTRATOR, "7", "bug", "t", "b", stages)
        try:
            self.client.trigger(request, self.now)
        except NotSent:
            return
        self.tried.append(request.attempt_id)

    def say(self) -> None:
        message: dict[str, Any] = {"type": "workflow_log", "data": {"adw_id": "x"}}
        if self.extensions:
            message["seq"] = len(self.service.journal) + 1
            self.service.journal.append(message)
        self.down.append(json.dumps(message))

    def cut(self) -> None:
        self.client.lost()
        self.events += self.client.events()
        self.cursor = self.client.cursor
        self.connect()

    def settle(self) -> None:
        """Let everything arrive that is on its way."""
        self.step("write")
        while self.up or self.down:
            for name in ("serve", "read", "write"):
                self.step(name)

    def outcomes(self, attempt_id: str) -> list[Outcome]:
        return [event for event in self.events if isinstance(event, Outcome) and event.attempt_id == attempt_id]


@settings(max_examples=80, deadline=None)
@given(st.sampled_from([Vintage.V1, Vintage.OURS]), STEPS)
def test_every_trigger_has_one_true_outcome(vintage: Vintage, steps: list[str]) -> None:
    world = World(vintage)
    for name in steps:
        world.step(name)
    world.cut()
    for attempt_id in world.tried:
        outcomes = world.outcomes(attempt_id)
        assert outcomes, f"{attempt_id} was lost"
        finals = [event for event in outcomes if not isinstance(event, TriggerUncertain)]
        assert len(finals) <= 1
        assert len(outcomes) - len(finals) <= 1
        was_launched = f"{int(attempt_id[1:]):08x}" in world.service.launched
        match finals:
            case [TriggerAnswered()]:
                assert was_launched
            case [TriggerRefused() | TriggerUnsent()]:
                assert not was_launched
            case _:
                pass
    assert len(world.service.launched) == len(set(world.service.launched))


@settings(max_examples=80, deadline=None)
@given(STEPS)
def test_numbered_broadcasts_arrive_once_each_and_in_order(steps: list[str]) -> None:
    world = World(Vintage.OURS)
    for name in steps:
        world.step(name)
    world.settle()
    numbers = [event.seq for event in world.events if isinstance(event, Received) and event.seq is not None]
    assert numbers == list(range(1, len(world.service.journal) + 1))
    assert not [event for event in world.events if isinstance(event, Gap) and event.lost]
