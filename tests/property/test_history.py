"""A service without numbers that tells its files again: every line is kept once, in the order of its file."""

import itertools
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from kanban_app.tac7 import messages as m
from kanban_app.tac7.codec import decode_server
from kanban_app.tac7.history import AGENT_OUTPUT, EXECUTION_LOG, SESSION_BEGINS, Listed, RunHistory, mark_of

LOGS: Final = ("adw_plan_iso", "adw_build_iso")
OUTPUTS: Final = ("planner", "builder")
SHARED: Final = "said by any agent"
STEPS: Final = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.sampled_from(LOGS + OUTPUTS), st.sampled_from(["a", "a", "b", SHARED])),
        st.tuples(st.just("tool"), st.sampled_from(OUTPUTS), st.just("")),
        st.tuples(st.just("poll"), st.permutations(LOGS + OUTPUTS).map(" ".join), st.just("")),
        st.tuples(st.just("part"), st.sampled_from(LOGS + OUTPUTS), st.just("")),
        st.tuples(st.sampled_from(["restart", "reconnect", "fetch", "reload", "second"]), st.just(""), st.just("")),
    ),
    max_size=60,
)


@dataclass
class World:
    """A service with followed files, and a client that keeps what it takes for new."""

    files: dict[str, list[m.ServerMessage]] = field(default_factory=dict[str, list[m.ServerMessage]])
    told: Counter[str] = field(default_factory=Counter[str])
    old: Counter[str] = field(default_factory=Counter[str])
    history: RunHistory = field(default_factory=RunHistory)
    kept: list[m.ServerMessage] = field(default_factory=list[m.ServerMessage])
    keys: list[str] = field(default_factory=list[str])
    ids: "itertools.count[int]" = field(default_factory=itertools.count)
    second: int = 0
    now: float = 0.0

    def hear(self, message: m.ServerMessage) -> None:
        self.now += 0.01
        mark = mark_of(message)
        self.keep(message, self.history.heard(mark, self.now) if mark else "no key")

    def keep(self, message: m.ServerMessage, key: str | None) -> None:
        if key is None:
            return
        self.kept.append(message)
        if key != "no key":
            self.keys.append(key)

    def write(self, file: str, text: str) -> None:
        lines = self.files.setdefault(file, [])
        if not lines:
            lines.append(line(file, self.second, "begins") if file in LOGS else session(file))
        lines.append(line(file, self.second, text) if file in LOGS else said(file, text))

    def tool(self, file: str) -> None:
        """A call that the workflow posts and the follower finds in the file, the posts sometimes later."""
        call = f"toolu_{next(self.ids)}"
        self.write(file, "calls a tool")
        self.files[file] += [tool("tool_use_pre", call, name="Read"), tool("tool_use_post", call)]
        self.hear(tool("tool_use_pre", call, name="Read"))
        if int(call[-1]) % 2:
            self.tell(file, 10**6)
        self.hear(tool("tool_use_post", call, name="Read"))

    def poll(self, files: str) -> None:
        for file in files.split():
            self.tell(file, 10**6)

    def tell(self, file: str, count: int) -> None:
        lines = self.files.get(file, [])[self.told[file] :][:count]
        self.told[file] += len(lines)
        for message in lines:
            self.hear(message)

    def fetch(self) -> None:
        """All files as they are now, over HTTP."""
        messages = [message for lines in self.files.values() for message in lines]
        marks = [mark for message in messages if (mark := mark_of(message))]
        keys = self.history.listed([Listed(mark, is_recent=True) for mark in marks], self.now)
        for message, key in zip(messages, keys, strict=True):
            self.keep(message, key)

    def reconnect(self) -> None:
        """A retelling is one burst: what is cut in the middle of it is in doubt, and then kept twice."""
        for file in self.files:
            self.tell(file, max(0, self.old[file] - self.told[file]))
        self.history.reconnected()

    def restart(self) -> None:
        self.told.clear()
        self.old = Counter({file: len(lines) for file, lines in self.files.items()})
        self.history.reconnected()

    def step(self, what: str, where: str, text: str) -> None:
        match what:
            case "write":
                self.write(where, text)
            case "tool":
                self.tool(where)
            case "poll":
                self.poll(where)
            case "part":
                self.tell(where, 1)
            case "restart":
                self.restart()
            case "reconnect":
                self.reconnect()
            case "fetch":
                self.fetch()
            case "reload":  # our own restart: what the store has is all that is left, and the socket is a new one
                self.poll(" ".join(LOGS + OUTPUTS))
                self.history = RunHistory(self.keys)
            case _:
                self.second += 1


@given(STEPS)
@settings(max_examples=300, deadline=None)
def test_each_line_is_kept_once_and_in_order(steps: list[tuple[str, str, str]]) -> None:
    world = World()
    for step in steps:
        world.step(*step)
    world.poll(" ".join(LOGS + OUTPUTS))
    written = [text_of(message) for lines in world.files.values() for message in lines]
    kept = [text_of(message) for message in world.kept]
    assert Counter(kept) == Counter(written)
    assert len(set(world.keys)) == len(world.keys)
    for file, lines in world.files.items():
        own = [text_of(message) for message in lines if file in text_of(message)]
        assert [text for text in kept if file in text] == own


def line(file: str, second: int, text: str) -> m.ServerMessage:
    stamp = f"2026-11-22 20:{second // 60:02}:{second % 60:02}"
    data = {"source": EXECUTION_LOG, "agent_role": file, "level": "INFO", "message": f"{stamp} - INFO - {file}: {text}"}
    return _message("agent_log", data)


def session(file: str) -> m.ServerMessage:
    text = f"{SESSION_BEGINS} (model: opus, tools: 3)"
    return _message("agent_log", {"source": AGENT_OUTPUT, "session_id": file, "level": "INFO", "message": text})


def said(file: str, text: str) -> m.ServerMessage:
    content = text if text == SHARED else f"{file}: {text}"
    return _message("thinking_block", {"content": content, "reasoning_type": "thinking", "sequence": None})


def tool(kind: str, call: str, name: str = "") -> m.ServerMessage:
    return _message(kind, {"tool_name": name, "tool_use_id": call})


def text_of(message: m.ServerMessage) -> str:
    data = getattr(message, "data", None)
    return f"{message.type} " + str(
        getattr(data, "tool_use_id", None)
        or getattr(data, "content", None)
        or f"{getattr(data, 'session_id', '')}{getattr(data, 'message', '')}"
    )


def _message(kind: str, data: Mapping[str, object]) -> m.ServerMessage:
    message = decode_server(json.dumps({"type": kind, "data": {"adw_id": "a1b2c3d4", **data}}))
    assert isinstance(message, m.ServerMessage)
    return message
