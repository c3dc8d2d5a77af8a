"""Which lines of a run have been told before, for services that do not number their broadcasts (V1).

V1 tells of tools twice (the workflow posts, the service's own follower of files reads), and after a restart the
follower tells every file again from its beginning (Q9). The top-level `timestamp` is the time of sending and says
nothing. So a line is known by where it comes from: a tool call by its id; a line of a followed file by its content and
how many equal ones that file has had so far. A text alone never makes a line known: files repeat themselves.

In one connection the follower either goes on where it was or tells a file from its beginning. Which of the two it is
shows in its lines: only a retelling has the first line of a known file again, or one that is older than the newest. In
doubt a line is new.
"""

import hashlib
import re
from base64 import urlsafe_b64encode
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kanban_app.tac7 import messages as m
from kanban_app.tac7.tally import Tally
from kanban_app.tac7.wire import as_text

EXECUTION_LOG: Final = "execution.log"
AGENT_OUTPUT: Final = "raw_output.jsonl"
SESSION_BEGINS: Final = "Agent session initialized"

_ONCE: Final = "once"
_OUTPUT: Final = "output"
_HEAD: Final = "^"
_KEY_PARTS: Final = 3
_FOLLOWS_WITHIN_S: Final = 60.0
_TOOL_NAMES: Final = 1000
_OUTPUT_HEAD: Final = 1000
_STAMP: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)\b")


@dataclass(frozen=True, slots=True)
class Mark:
    """What a line is known by: its file, its own stamp where it has one, and a digest of its content.

    `is_unique`: there is no second one like it. `begins_file` tells that a file of agent output begins here (the wire
    does not tell these files apart).
    """

    file: str
    digest: str
    stamp: str = ""
    begins_file: bool = False

    @property
    def is_unique(self) -> bool:
        return self.file == _ONCE

    @property
    def name(self) -> str:
        return f"{self.file}|{self.stamp}|{self.digest}"


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of a file that was fetched as a whole; `is_recent` when the broadcast of it may still be under way."""

    mark: Mark
    is_recent: bool = False


def mark_of(message: m.ServerMessage) -> Mark | None:
    """What makes a broadcast recognisable; None for one that comes once, or that cannot be told from its like."""
    match message:
        case m.ToolUsePre(data=data) if data.tool_use_id:
            return _mark(_ONCE, message.type, data.tool_use_id, data.tool_name, as_text(data.tool_input))
        case m.ToolUsePost(data=data) if data.tool_use_id:
            # Its teller may leave out the tool's name and cut the output.
            return _mark(_ONCE, message.type, data.tool_use_id, as_text(data.tool_output)[:_OUTPUT_HEAD])
        case m.ScreenshotAvailable(data=data):
            return _mark(_ONCE, message.type, data.screenshot_path, _created(data.metadata))
        case m.SpecCreated(data=data):
            return _mark(_ONCE, message.type, data.spec_path, _created(data.metadata))
        case m.AgentLog():
            return _mark_of_line(message.data)
        case m.ThinkingBlock(data=data) if data.reasoning_type and data.sequence is None:
            return _mark(_OUTPUT, message.type, data.content)
        case m.TextBlock(data=data) if data.sequence is None:
            return _mark(_OUTPUT, message.type, data.content)
        case _:
            return None


class RunHistory:
    """What one run has told. Make it from the keys that were stored before; store each line under its new key."""

    def __init__(self, keys: Iterable[str] = ()) -> None:
        """`keys` in the order in which they were given out."""
        self._stored = Tally()
        self._heads: dict[str, set[str]] = {}
        self._newest: dict[str, str] = {}
        self._told = Tally()
        self._retold: set[str] = set()
        self._ahead: dict[str, tuple[int, float]] = {}
        self._tools: OrderedDict[str, str] = OrderedDict()
        for key in keys:
            name, _, number = key.rpartition("|")
            parts = name.split("|")
            if len(parts) != _KEY_PARTS:
                continue  # of a line that came with an import
            file, stamp, digest = parts
            self._keep(Mark(file, digest, stamp), is_head=number.endswith(_HEAD))
            # Equal lines before it may have been removed since: their numbers are not given out again.
            self._stored.at_least(name, int(number.removesuffix(_HEAD)))

    def __len__(self) -> int:
        return len(self._stored)

    def reconnected(self) -> None:
        """A new connection: the service may be another process, which tells its files from the beginning."""
        self._told.clear()
        self._retold.clear()

    def heard(self, mark: Mark, now: float) -> str | None:
        """The key under which a broadcast line is to be stored; None when it has been told before."""
        if mark.is_unique:
            return None if self._stored[mark.name] else self._new(mark)
        self._told.add(mark.name)
        ahead = self._ahead_of(mark, now)
        if mark.file not in self._retold and not ahead and self._is_from_before(mark):
            self._retold.add(mark.file)
        if mark.file in self._retold:
            # Of equal lines those that were fetched ahead of their broadcasts come last.
            ahead = max(0, self._told[mark.name] + ahead - self._stored[mark.name])
            is_known = self._told[mark.name] <= self._stored[mark.name]
        else:
            is_known = ahead > 0
        if is_known and ahead:
            self._came_after(mark)
        if is_known:
            return None
        return self._new(mark)

    def listed(self, lines: Sequence[Listed], now: float) -> list[str | None]:
        """The same for the lines of whole files, fetched together."""
        self._ahead = {name: ahead for name, ahead in self._ahead.items() if ahead[1] > now}
        seen: Counter[str] = Counter()
        return [self._listed(line, seen, now) for line in lines]

    def tool_name(self, message: m.ToolUsePre | m.ToolUsePost) -> str:
        """The name of the tool, which a result often lacks (Q17): then that of the call with the same id."""
        call, name = message.data.tool_use_id, message.data.tool_name
        if not call:
            return name
        if name:
            self._tools[call] = name
            while len(self._tools) > _TOOL_NAMES:
                self._tools.popitem(last=False)
        return name or self._tools.get(call, "")

    def _listed(self, line: Listed, seen: Counter[str], now: float) -> str | None:
        mark = line.mark
        seen[mark.name] += 1
        if seen[mark.name] <= self._stored[mark.name]:
            return None
        if line.is_recent and not mark.is_unique:
            count, _ = self._ahead.get(mark.name, (0, now))
            self._ahead[mark.name] = (count + 1, now + _FOLLOWS_WITHIN_S)
        return self._new(mark)

    def _is_from_before(self, mark: Mark) -> bool:
        """Whether this can only be a part of a retelling."""
        if mark.name in self._heads.get(mark.file, ()):
            return True
        return "" < mark.stamp < self._newest.get(mark.file, "") and self._stored[mark.name] > 0

    def _ahead_of(self, mark: Mark, now: float) -> int:
        """How many equal lines were fetched a moment ago whose broadcasts may still come."""
        count, until = self._ahead.get(mark.name, (0, now))
        return count if until > now else 0

    def _came_after(self, mark: Mark) -> None:
        count, until = self._ahead[mark.name]
        self._ahead[mark.name] = (count - 1, until)

    def _new(self, mark: Mark) -> str:
        is_head = mark.begins_file or (mark.stamp != "" and mark.file not in self._heads)
        self._keep(mark, is_head=is_head)
        return f"{mark.name}|{self._stored[mark.name]}{_HEAD if is_head else ''}"

    def _keep(self, mark: Mark, *, is_head: bool) -> None:
        self._stored.add(mark.name)
        self._newest[mark.file] = max(mark.stamp, self._newest.get(mark.file, ""))
        if is_head:
            self._heads.setdefault(mark.file, set()).add(mark.name)


def _mark_of_line(data: Any) -> Mark | None:
    if data.source == EXECUTION_LOG:
        line = data.message.strip()
        found = _STAMP.match(line)
        file = f"log/{data.agent_role or ''}".replace("|", "/")
        return _mark(file, line, stamp="".join(found.groups()) if found else "")
    if data.source == AGENT_OUTPUT:
        begins = data.message.startswith(SESSION_BEGINS)
        return _mark(_OUTPUT, data.session_id or "", data.message, begins_file=begins)
    return None


def _mark(file: str, *parts: str, stamp: str = "", begins_file: bool = False) -> Mark:
    digest = hashlib.blake2b("\0".join(parts).encode(errors="replace"), digest_size=12).digest()
    return Mark(file, urlsafe_b64encode(digest).decode(), stamp, begins_file)


def _created(metadata: dict[str, object] | None) -> str:
    return str((metadata or {}).get("created_at", ""))
