"""Telling the service of new cards (`KANBAN_ANNOUNCE_TICKETS`). Nothing depends on it, so nothing waits for it.

One at a time, and each at most twice: to say it again does no harm. Overflow policy: `MOST` cards wait for the
connection; beyond that the oldest is not announced, and the log says so. A restart forgets what waits.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from kanban_app.domain.connection import Connection
from kanban_app.domain.model import Task
from kanban_app.domain.records import EventRecord
from kanban_app.errors import advice_of, describe
from kanban_app.services.hub import Change, Hub, Notice
from kanban_app.services.keeper import Keeper
from kanban_app.tac7.client_messages import TicketData
from kanban_app.tac7.client_session import NO_ANSWER, NotSent
from kanban_app.tac7.codec import FrameTooLarge
from kanban_app.tac7.session_events import TicketAnswered
from kanban_app.tac7.trouble import Trouble

log = logging.getLogger(__name__)

MOST: Final = 100
_NOT_TAKEN: Final = "Unknown message type"
_ANSWER: Final = 4
"""Answers that nobody has looked at yet; there is at most one open announcement."""


class Herald(Protocol):
    """The client, as the announcer needs it. `announce` raises NotSent or FrameTooLarge; a TicketAnswered follows."""

    @property
    def connection(self) -> Connection: ...
    async def announce(self, ticket: TicketData) -> None: ...


class Announcer:
    """Tell it of new connections and of answers; `run` does the rest."""

    def __init__(self, keeper: Keeper, hub: Hub, herald: Herald, is_ready: Callable[[], bool]) -> None:
        self._keeper = keeper
        self._hub = hub
        self._herald = herald
        self._is_ready = is_ready
        self._waiting: deque[str] = deque()
        self._answers: asyncio.Queue[TicketAnswered] = asyncio.Queue(_ANSWER)
        self._wake = asyncio.Event()
        self._is_taken = True

    def reconnected(self) -> None:
        """A new connection is ready; it may be to another service."""
        self._is_taken = True
        self._wake.set()

    def answered(self, event: TicketAnswered) -> None:
        """What became of an announcement. Answers come with the connection's end at the latest."""
        if self._answers.full():
            self._answers.get_nowait()
        self._answers.put_nowait(event)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen(), name="announcer.listen")
            tasks.create_task(self._tell(), name="announcer.tell")

    async def _listen(self) -> None:
        async with self._hub.follow_events() as feed:
            while True:
                self._add(await feed.take())

    def _add(self, events: list[EventRecord]) -> None:
        for event in events:
            if event.kind != "task.created" or event.task_id is None:
                continue
            if len(self._waiting) >= MOST:
                log.warning("card %s is not announced: more than %d wait", self._waiting.popleft(), MOST)
            self._waiting.append(event.task_id)
        self._wake.set()

    async def _tell(self) -> None:
        while True:
            self._wake.clear()
            while self._waiting and self._is_ready():
                if not await self._announce(self._waiting[0]):
                    break
            await self._wake.wait()

    async def _announce(self, task_id: str) -> bool:
        """Announce the card at the head of the queue; False when it has to wait for another connection."""
        task = self._keeper.board.task(task_id)
        if task is not None and self._is_taken:
            try:
                trouble = await self._told_twice(_ticket(task))
            except NotSent:
                return False
            if trouble:
                self._complain(task, trouble)
        if self._waiting and self._waiting[0] == task_id:
            self._waiting.popleft()
        return True

    async def _told_twice(self, ticket: TicketData) -> Trouble | None:
        trouble = await self._told(ticket)
        if trouble is None or trouble.code == "E-TICK-5":
            return trouble
        return await self._told(_bare(ticket) if trouble.code == "E-TICK-3" else ticket)

    async def _told(self, ticket: TicketData) -> Trouble | None:
        """Announce it once; what went wrong, in terms of the catalogue."""
        while not self._answers.empty():
            self._answers.get_nowait()
        try:
            await self._herald.announce(ticket)
        except FrameTooLarge:
            return Trouble("E-TICK-3", {"ticket": ticket.id, "message": "it is too large."})
        answer = await self._answers.get()
        while answer.ticket_id != ticket.id:
            answer = await self._answers.get()
        return _trouble(answer)

    def _complain(self, task: Task, trouble: Trouble) -> None:
        self._is_taken = trouble.code != "E-TICK-5"
        words = describe(trouble.code, trouble.params)
        log.info("card %s was not announced: %s", task.id, trouble.code)
        notice = Notice(
            f"{task.id}:{trouble.code}",
            alert=False,
            title=words["title"],
            message=words["message"],
            task_id=task.id,
            advice=tuple(advice_of(words)),
            code=words["code"],
        )
        self._hub.publish(Change(notices=(notice,)))


def _ticket(task: Task) -> TicketData:
    return TicketData(
        id=task.issue_number or str(task.number),
        title=task.title,
        description=task.description,
        workItemType=task.type.value,
        queuedStages=[stage.value for stage in task.stages],
        stage=task.column.value,
        createdAt=task.created_at.isoformat(),
    )


def _bare(ticket: TicketData) -> TicketData:
    """Without whatever may not fit."""
    return TicketData(id=ticket.id, title=ticket.title)


def _trouble(answer: TicketAnswered) -> Trouble | None:
    params = {"ticket": answer.ticket_id, "message": answer.error or ""}
    if answer.status == NO_ANSWER:
        return Trouble("E-TIME-3", params)
    if answer.status != "error":
        return None
    error = params["message"]
    if error.startswith(_NOT_TAKEN):
        return Trouble("E-TICK-5", params)
    if "Ticket ID" in error:
        return Trouble("E-TICK-1", params)
    return Trouble("E-TICK-2" if "title" in error.lower() else "E-TICK-3", params)
