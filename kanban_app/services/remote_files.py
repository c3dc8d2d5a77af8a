"""A run's files as a service hands them out over HTTP, whole each time: what its lines are known by, and their entries.

Of tens of thousands of lines few are new: only those become entries.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from kanban_app.domain.records import LogEntry
from kanban_app.services.translate import translate
from kanban_app.tac7.history import Listed, Mark, mark_of
from kanban_app.tac7.messages import ServerMessage
from kanban_app.tac7.remote_logs import Localise, RemoteLine

RECENT: Final = timedelta(seconds=15)
"""A service's follower of files reads them each second, and later only while the service is busy."""

Json = Mapping[str, object]
Read = Callable[[str, Json, Localise], Iterator[RemoteLine]]


class RemoteFile:
    """One answer of a service. To make one, and `entries`, take a while for a long file and belong into a thread."""

    def __init__(self, adw_id: str, answer: Json, read: Read, fetched_at: datetime) -> None:
        """`read` makes lines of the answer, the same ones at each call."""
        self._adw_id = adw_id
        self._answer = answer
        self._read = read
        self._fetched_at = fetched_at
        self._times: list[datetime | None] = []
        self.lines: list[Listed] = []
        """What each line is known by, and whether its broadcast may still be under way."""
        self._take_stock()

    def entries(self, keys: Sequence[str | None]) -> list[LogEntry]:
        """The entries of those lines that have a key, under which they are stored. `keys` are as many as `lines`.

        Their times never fall, also where a line has none of its own, and none is later than the fetching: the
        service's clock on the wall may be that of another zone.
        """
        found: list[LogEntry] = []
        for message, at, key in zip(self._messages(), self._times, keys, strict=True):
            if key is None:
                continue
            entry = translate(message, min(at or self._fetched_at, self._fetched_at), None).line
            if entry is not None:
                found.append(replace(entry, source_key=key))
        return found

    def _take_stock(self) -> None:
        marked: list[tuple[Mark, datetime | None]] = []
        at = newest = None
        for line in self._read_all():
            at = _later(at, line.at)
            newest = _later(newest, line.at)
            mark = mark_of(line.message)
            if mark is not None:
                marked.append((mark, line.at))
                self._times.append(at)
        for mark, own in marked:
            self.lines.append(Listed(mark, own is None or newest is None or newest - own <= RECENT))

    def _messages(self) -> Iterator[ServerMessage]:
        return (line.message for line in self._read_all() if mark_of(line.message) is not None)

    def _read_all(self) -> Iterator[RemoteLine]:
        return self._read(self._adw_id, self._answer, _local)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(filter(None, (one, other)), default=None)


def _local(moment: datetime) -> datetime:
    """Services mostly run on this very machine, or at least in its zone."""
    return moment.astimezone()
