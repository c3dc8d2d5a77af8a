"""The files of one run, and what is new in them. Everything here blocks and belongs into a thread."""

import logging
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final

from kanban_app.domain.followed import FollowedFile
from kanban_app.tac7.codec import format_time
from kanban_app.trigger_service.following.agent_lines import AgentLines
from kanban_app.trigger_service.following.finding import Finding, Found, Kind, find
from kanban_app.trigger_service.following.log_lines import log_message
from kanban_app.trigger_service.following.reading import (
    Line,
    Piece,
    after_next_line_end,
    fingerprint,
    last_lines,
    opened,
    read_piece,
    whole_object,
)
from kanban_app.trigger_service.following.state_file import LARGEST, state_change
from kanban_app.trigger_service.layout import ProjectLayout
from kanban_app.trigger_service.reports import Facts, Message, as_place

_log: Final = logging.getLogger(__name__)
# An image that was changed a moment ago may not be whole yet.
_SETTLED_AFTER_S: Final = 0.5
# What stays of a file that is too far ahead.
_KEPT_END: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class News:
    """What a part of a file says, and the place up to which the file has been told with it."""

    messages: tuple[Message, ...]
    places: tuple[FollowedFile, ...]
    facts: Facts | None = None


class RunFiles:
    """Give `news()` to subscribers in turn; what was given out is taken as told when the next one is asked for."""

    def __init__(
        self,
        layout: ProjectLayout,
        adw_id: str,
        places: Iterable[FollowedFile],
        clock: Callable[[], datetime],
        most_ahead: int,
    ) -> None:
        """`places`: where an earlier life has stopped. Of a file that is ahead by more than `most_ahead` bytes only the
        end is told.
        """
        self.folders: frozenset[Path] = frozenset()
        self._layout = layout
        self._adw_id = adw_id
        self._places = {place.path: place for place in places}
        self._clock = clock
        self._most_ahead = most_ahead
        self._lines = AgentLines(adw_id)
        self._looked_at: dict[str, tuple[int, int, int]] = {}
        self._searched: dict[str, int] = {}
        self._known = False
        self._left_out = 0

    def news(self, *, final: bool = False) -> Generator[News]:
        """What is new up to now, in turn from all files. With `final` nobody writes any more: what is half written is
        told as it stands, and files that are gone are forgotten (but not plans: they come again in the main checkout).
        """
        finding = find(self._layout, self._adw_id)
        self.folders = finding.folders
        yield from self._above_limits(finding)
        if not self._known:
            self._learn(finding)
        growing: list[Found] = []
        for found in finding.files:
            if not final and self._looked_at.get(found.name) == found.stamp:
                continue
            if found.kind in {Kind.AGENT, Kind.LOG}:
                growing.append(found)
            else:
                yield from self._whole(found, final=final)
        yield from self._in_turn(growing, final=final)
        if final:
            yield from self._forget(finding)

    def _above_limits(self, finding: Finding) -> Iterator[News]:
        if finding.left_out <= self._left_out:
            return
        text = f"The run has more files than are followed: {finding.left_out} files or folders are left out"
        yield News((self._said(text),), ())
        self._left_out = finding.left_out

    def _learn(self, finding: Finding) -> None:
        """The names of tools whose calls have been told in an earlier life."""
        for found in finding.files:
            place = self._places.get(found.name)
            if found.kind is Kind.AGENT and place is not None:
                with opened(found.path) as fd:
                    for line in last_lines(fd, place.position) if fd is not None else ():
                        self._lines.messages(found.folder, line)
        self._known = True

    def _in_turn(self, growing: list[Found], *, final: bool) -> Iterator[News]:
        """A piece of each in turn, so that a flood in one of them does not keep the others waiting."""
        while growing:
            rest: list[Found] = []
            for found in growing:
                news = self._if_readable(found, lambda found=found: self._piece(found, final=final))
                if news is None:
                    self._looked_at[found.name] = found.stamp
                    continue
                yield news
                self._told(news)
                rest.append(found)
            growing = rest

    def _if_readable(self, found: Found, read: Callable[[], News | None]) -> News | None:
        """A file that cannot be read keeps neither the others nor the end of the run waiting."""
        try:
            return read()
        except OSError as error:
            _log.warning("%s of run %s cannot be read: %s", found.name, self._adw_id, error)
            return None

    def _piece(self, found: Found, *, final: bool) -> News | None:
        """The next lines of a file, as far as it went when it was found."""
        with opened(found.path) as fd:
            if fd is None or not found.size:  # an empty one may be about to be written anew with what it had
                return None
            position = self._position(fd, found)
            if found.size - position > self._most_ahead:
                return self._skip(fd, found, position)
            searched = self._searched.pop(found.name, 0)
            searched = searched if searched <= found.size else 0
            piece = read_piece(fd, position, found.size, searched=searched, final=final)
            if isinstance(piece, int) and found.kind is Kind.AGENT:
                piece = whole_object(fd, position, found.size) or piece
            if isinstance(piece, Piece):
                place = self._place(found, piece.position, fingerprint(fd, piece.position))
                return News(tuple(self._messages(found, piece.lines)), (place,))
            self._searched[found.name] = piece
            return None

    def _position(self, fd: int, found: Found) -> int:
        """Where to go on; the beginning where it is not the file that was told of."""
        place = self._places.get(found.name)
        if place is None:
            return 0
        if place.position <= found.size and place.fingerprint == fingerprint(fd, place.position):
            return place.position
        self._searched.pop(found.name, None)
        return 0

    def _skip(self, fd: int, found: Found, position: int) -> News:
        begin = after_next_line_end(fd, found.size - _KEPT_END, found.size)
        text = f"{found.name} grows faster than it can be told: {begin - position} bytes are left out here"
        return News((self._said(text),), (self._place(found, begin, fingerprint(fd, begin)),))

    def _messages(self, found: Found, lines: Iterable[Line]) -> Iterator[Message]:
        now = self._clock()
        for line in lines:
            if line.is_cut:
                yield self._said(
                    f"A line of {line.size} bytes in {found.name}, of which this is the beginning: {line.text}"
                )
            elif found.kind is Kind.LOG:
                message = log_message(self._adw_id, found.folder, line.text, now)
                if message is not None:
                    yield message
            else:
                for message in self._lines.messages(found.folder, line.text):
                    yield {**message, "timestamp": format_time(now)}

    def _whole(self, found: Found, *, final: bool) -> Iterator[News]:
        match found.kind:
            case Kind.STATE:
                news = self._if_readable(found, lambda: self._state(found))
            case Kind.IMAGE:
                if not final and self._clock().timestamp() - found.changed_at < _SETTLED_AFTER_S:
                    return
                news = self._image(found)
            case _:
                news = self._spec(found)
        if news is not None:
            yield news
            self._told(news)
        self._looked_at[found.name] = found.stamp

    def _state(self, found: Found) -> News | None:
        before = self._places.get(found.name)
        with opened(found.path) as fd:
            if fd is None or found.size > LARGEST:
                return None
            content = _read_whole(fd)
        change = state_change(self._adw_id, content, before.fingerprint if before else "")
        if change is None:
            return None
        message = {**change.message, "timestamp": format_time(self._clock())}
        place = self._place(found, len(content), change.fingerprint)
        return News((message,), (place,), self._facts(change.state))

    def _facts(self, state: Any) -> Facts:
        worktree = as_place(state.get("worktree_path"))
        return Facts(
            self._adw_id,
            branch=as_place(state.get("branch_name")),
            worktree=self._worktree(worktree) if worktree else None,
        )

    def _worktree(self, text: str) -> str | None:
        """A folder inside of the project only: the orphans in a run's worktree are ended with the run."""
        try:
            path = (self._layout.root / text).resolve()
        except (OSError, ValueError, RuntimeError):
            return None
        return str(path) if path != self._layout.root.resolve() and self._layout.contains(path) else None

    def _image(self, found: Found) -> News | None:
        mark = str(found.stamp[1])
        place = self._places.get(found.name)
        if not found.size or (place is not None and (place.position, place.fingerprint) == (found.size, mark)):
            return None
        path = PurePosixPath(found.name)
        fields = {
            "screenshot_path": "/".join(path.parts[-3:]),
            "screenshot_type": _first_in(path.name, ("error", "comparison"), "review"),
        }
        return self._appeared("screenshot_available", found, fields, mark)

    def _spec(self, found: Found) -> News | None:
        """A plan is told of once, whether it is seen in the worktree first or in the main checkout."""
        name = PurePosixPath(found.name).name
        if not found.size or any(PurePosixPath(path).name == name for path in self._places):
            return None
        fields = {"spec_path": found.name, "spec_type": _first_in(name, ("patch", "review"), "plan")}
        return self._appeared("spec_created", found, fields, str(found.stamp[1]))

    def _appeared(self, kind: str, found: Found, fields: dict[str, Any], mark: str) -> News:
        name = PurePosixPath(found.name).name
        metadata = {"file_size": found.size, "created_at": found.changed_at, "file_name": name}
        data = {"adw_id": self._adw_id, **fields, "metadata": metadata}
        message = {"type": kind, "data": data, "timestamp": format_time(self._clock())}
        return News((message,), (self._place(found, found.size, mark),))

    def _forget(self, finding: Finding) -> Iterator[News]:
        present = {found.name for found in finding.files}
        gone = [name for name in self._places if name not in present and not name.endswith(".md")]
        if gone and not finding.left_out:
            yield News((), tuple(FollowedFile(self._adw_id, name, 0, "", forgotten=True) for name in gone))
            for name in gone:
                del self._places[name]

    def _said(self, text: str) -> Message:
        data = {"adw_id": self._adw_id, "message": text, "level": "WARNING", "source": "service"}
        return {"type": "agent_log", "data": data, "timestamp": format_time(self._clock())}

    def _place(self, found: Found, position: int, mark: str) -> FollowedFile:
        return FollowedFile(self._adw_id, found.name, position, mark)

    def _told(self, news: News) -> None:
        for place in news.places:
            self._places[place.path] = place


def _first_in(name: str, words: Iterable[str], otherwise: str) -> str:
    lower = name.lower()
    return next((word for word in words if word in lower), otherwise)


def _read_whole(fd: int) -> bytes:
    with open(fd, "rb", closefd=False) as file:
        return file.read(LARGEST + 1)
