"""The audit log of a project: its own entries, and those about all projects, which the first project's database has."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol, TypedDict

from kanban_app.asgi import FIRST_PROJECT
from kanban_app.domain.audit import Action, Entry
from kanban_app.domain.audit_trail import Trail
from kanban_app.domain.audit_words import WAYS, what_words, who_words
from kanban_app.domain.model import Board
from kanban_app.domain.stages import parse_column
from kanban_app.errors import BoardError
from kanban_app.services.acting import done
from kanban_app.services.column_looks import ITS_OWN, ColumnLooks
from kanban_app.store.audit_rows import Wanted
from kanban_app.store.engine import whole
from kanban_app.store.failures import StoreUnavailable

__all__ = ["Audit", "AuditPage", "AuditSource", "EntryView", "Wanted", "Writing"]

log = logging.getLogger(__name__)

PAGE: Final = 50
MOST: Final = 200
AT_A_TIME: Final = 100
AGAIN_S: Final = 5.0
GATHER_S: Final = 0.05

_FROM_NEWEST: Final = ""


class AuditSource(Protocol):
    """Where entries are (`store.auditing.AuditTable`)."""

    async def append(self, entries: Sequence[Entry]) -> None: ...
    async def page(self, wanted: Wanted, before: int | None, limit: int) -> list[Entry]: ...


class EntryView(TypedDict):
    """An entry for people and programs. `who` and `what` make a sentence.

    `project` is "" for what concerns all of them; `number` counts within `project`'s own log or the common one, and
    with `log` it names the entry. `card` is the id of its card while that is on the board, else "".
    """

    log: str
    number: int
    at: str
    project: str
    name: str
    kind: str
    address: str
    way: str
    action: str
    group: str
    target: dict[str, str]
    details: dict[str, str]
    outcome: str
    code: str
    who: str
    what: str
    how: str
    card: str


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries, the newest first; `next` is where the following page begins, "" after the last one."""

    entries: list[EntryView]
    next: str


@dataclass(frozen=True, slots=True)
class _Log:
    """One of the two places of a project's entries, and which of those there are its."""

    name: str
    source: AuditSource
    about: tuple[str, ...]


class Audit:
    """Without `own` nothing is kept; `shared` is the first project's log. StoreUnavailable can come out of reading."""

    def __init__(
        self,
        own: AuditSource | None = None,
        shared: AuditSource | None = None,
        trail: Trail | None = None,
        project: str = FIRST_PROJECT,
        *,
        looks: ColumnLooks = ITS_OWN,
        board: Callable[[], Board] = lambda: Board(FIRST_PROJECT),
    ) -> None:
        self._board = board
        self.trail = trail or Trail()
        self._project = project
        self._looks = looks
        self._logs = [_Log("own", own, ("", project))] if own else []
        if shared is not None:
            self._logs.append(_Log("all", shared, ("", project)))

    def put(self, entry: Entry) -> None:
        """Have an entry written soon, wherever it belongs. What is about no project in particular is about all."""
        self.trail.put(entry)

    def own(self, entry: Entry) -> Entry:
        """The entry as one of this project."""
        return replace(entry, project=self._project)

    def recorded(self, action: Action, work: Callable[[], None]) -> Callable[[], None]:
        """`work`, with an entry for each time that it is done."""

        def done_and_recorded() -> None:
            work()
            self.put(self.own(done(action)))

        return done_and_recorded

    async def page(self, wanted: Wanted, before: str = _FROM_NEWEST, limit: int = PAGE) -> AuditPage:
        """A page of what is wanted. Entries that come meanwhile are in no later page, and none is in two.

        Raises BoardError (E-SYS-5) for a place that no page has named.
        """
        asked = self._places(before)
        pages = [
            await place.source.page(replace(wanted, about=place.about), start, limit + 1)
            for place, start in zip(self._logs, asked, strict=True)
        ]
        # A log of which nothing is shown yet goes on from where it stands now, not from what comes meanwhile.
        heads = (page[0].seq + 1 if page else 0 for page in pages)
        places = [head if start is None else start for start, head in zip(asked, heads, strict=True)]
        found = _merged(pages, limit + 1)
        for index, entry in found[:limit]:
            places[index] = entry.seq
        views = [self._view(self._logs[index].name, entry) for index, entry in found[:limit]]
        return AuditPage(views, ".".join(map(str, places)) if len(found) > limit else "")

    async def everything(self, wanted: Wanted) -> AsyncGenerator[list[EntryView]]:
        """All that is wanted and there is now, the newest first, in pieces."""
        before = _FROM_NEWEST
        while True:
            page = await self.page(wanted, before, MOST)
            yield page.entries
            if not page.next:
                return
            before = page.next

    def _places(self, before: str) -> list[int | None]:
        if before == _FROM_NEWEST:
            return [None] * len(self._logs)
        parts = before.split(".")
        if len(parts) != len(self._logs) or not all(part.isascii() and part.isdecimal() for part in parts):
            raise BoardError("E-SYS-5", {"field": "before", "reason": "use what a page gave as next."})
        return [min(int(part[:19]), 2**62) for part in parts]

    def _title(self, name: str) -> str:
        column = parse_column(name)
        return self._looks.title(column) if column else name

    def _card(self, entry: Entry) -> str:
        target = entry.act.target
        is_here = entry.project == self._project and target.kind == "task"
        return target.id if is_here and self._board().task(target.id) is not None else ""

    def _view(self, log_name: str, entry: Entry) -> EntryView:
        actor, act = entry.actor, entry.act
        return EntryView(
            log=log_name,
            number=entry.seq,
            at=entry.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            project=entry.project,
            name=actor.name,
            kind=actor.kind,
            address=actor.address,
            way=actor.way.value,
            action=act.action.value,
            group=act.action.group.value,
            target={"kind": act.target.kind, "id": act.target.id, "title": act.target.title},
            details=dict(act.details),
            outcome=act.result.value,
            code=act.code,
            who=who_words(actor),
            what=what_words(act, self._title),
            how=WAYS[actor.way],
            card=self._card(entry),
        )


def _merged(pages: Sequence[Sequence[Entry]], limit: int) -> list[tuple[int, Entry]]:
    """The newest of all pages, with the number of the page. Each keeps its own order, whatever the clocks said."""
    places = [0] * len(pages)
    found: list[tuple[int, Entry]] = []
    while len(found) < limit:
        left = [index for index, page in enumerate(pages) if places[index] < len(page)]
        if not left:
            break
        newest = max(left, key=lambda index: pages[index][places[index]].at)
        found.append((newest, pages[newest][places[newest]]))
        places[newest] += 1
    return found


class Writing:
    """Brings a trail into the log: until cancelled, and then `rest` once more."""

    def __init__(self, trail: Trail, source: AuditSource) -> None:
        self._trail = trail
        self._source = source
        self._news = asyncio.Event()
        trail.on_put.append(self._news.set)

    async def run(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            # What comes in a burst is written at once.
            await asyncio.sleep(GATHER_S)
            if not await self.write():
                await asyncio.sleep(AGAIN_S)
                self._news.set()

    async def write(self) -> bool:
        """Write all that waits; False when that cannot be done now. Then it goes on waiting."""
        while entries := self._trail.take(AT_A_TIME):
            # Whole: whoever is cancelled meanwhile must not take entries along.
            if not await whole(self._bring(entries)):
                return False
        return True

    async def _bring(self, entries: list[Entry]) -> bool:
        try:
            await self._source.append(entries)
        except StoreUnavailable as problem:
            self._trail.give_back(entries)
            log.warning("%d entries of the audit log wait: the store cannot write: %s", self._trail.waiting, problem)
            return False
        except Exception:
            log.exception("%d entries of the audit log cannot be written together", len(entries))
            return await self._one_by_one(entries)
        return True

    async def _one_by_one(self, entries: list[Entry]) -> bool:
        """The same, without those that cannot be written at all: the log says that they are missing."""
        for index, entry in enumerate(entries):
            try:
                await self._source.append([entry])
            except StoreUnavailable:
                self._trail.give_back(entries[index:])
                return False
            except Exception:
                log.exception("an entry of the audit log (%s) cannot be written", entry.act.action.value)
                self._trail.drop(entry)
        return True
