"""The page with the archive and the bin."""

from collections.abc import Sequence
from typing import Final
from uuid import uuid4

import reflex as rx

from kanban_app.domain.commands import Command
from kanban_app.domain.stages import Column
from kanban_app.errors import ErrorView, describe
from kanban_app.services.board import AT_ONCE, Outcome
from kanban_app.services.removed import Place, RemovedView
from kanban_app.services.several import commands_for, refusals
from kanban_app.web.states import arguments
from kanban_app.web.states.connection import words
from kanban_app.web.states.doing import AUTHOR, guarded
from kanban_app.web.states.plain import not_an_event
from kanban_app.web.wiring import services

FRAME_S: Final = 0.1
ALL: Final = "all"
LONGEST: Final = 200


class ArchiveState(rx.State):
    """`place` is the tab, `looked_for` what is typed: the browser tab keeps them, so that a restart of the app leaves
    them alone. `asked` names the card to be deleted for good, or is `ALL`.

    `said` is what came of what was done last, `undo` the operation that takes it back.
    """

    ready: bool = False
    place: str = rx.SessionStorage("archive", name="kanban.removed-place")
    looked_for: str = rx.SessionStorage("", name="kanban.removed-words")
    cards: rx.Field[list[RemovedView]] = rx.field(default_factory=list)
    count: rx.Field[int] = rx.field(0)
    archived: rx.Field[int] = rx.field(0)
    deleted: rx.Field[int] = rx.field(0)
    asked: str = ""
    asked_title: str = ""
    said: str = ""
    undo: str = ""

    @rx.event(background=True, supersedes=True)
    async def follow(self):
        """Show what there is, from then on. Only for `on_load`."""
        async with services().hub.subscribe() as subscription:
            async with self:
                self.said = self.undo = self.asked = ""
                self.show_all()
                self.ready = True
            async for frame in subscription.frames(FRAME_S):
                if frame.order or frame.tasks:
                    async with self:
                        self.show_all()

    @rx.event
    def choose(self, place: str):
        """Look into the archive or the bin."""
        self.place = "bin" if place == "bin" else "archive"
        self.said = self.undo = ""
        self.show_all()

    @rx.event
    def look(self, text: str):
        """Only cards with these words."""
        self.looked_for = arguments.shown(text, LONGEST)
        self.show_all()

    @rx.event
    async def restore(self, task_id: str):
        """Back to the board."""
        await self.carry_out("restore", [task_id])

    @rx.event
    def ask(self, task_id: str):
        """Ask before a card, or everything in the bin, is deleted for good."""
        self.asked = ALL if task_id == ALL else arguments.shown(task_id)
        self.asked_title = "" if task_id == ALL else services().reader.name(self.asked)

    @rx.event
    def keep(self):
        """Delete nothing."""
        self.asked = ""

    @rx.event
    async def purge(self):
        """Delete for good what was asked about."""
        asked, self.asked = self.asked, ""
        listed = services().reader.removed("bin")["cards"]
        ids = [card["id"] for card in listed] if asked == ALL else [asked]
        if ids:
            await self.carry_out("purge", ids)

    @rx.event
    async def take_back(self):
        """Undo what was done here last."""
        op_id, self.undo = self.undo, ""

        async def work() -> ErrorView | None:
            of = arguments.operation(op_id)
            return self.say("Undone.", await services().board.undo(of, author=AUTHOR, own_id=str(uuid4())))

        error = await guarded(work)
        self.said = words(error) if error else self.said
        self.show_all()

    @not_an_event
    async def carry_out(self, act: str, task_ids: Sequence[str]) -> None:
        op_id = str(uuid4())

        async def work() -> ErrorView | None:
            ids = [arguments.ident(task_id, "task_id") for task_id in task_ids[:AT_ONCE]]
            commands: list[Command] = commands_for(act, ids)
            outcome = await services().board.execute_all(commands, author=AUTHOR, op_id=op_id)
            done = sum(part.ok for part in outcome.parts)
            return self.say(done_words(act, ids[0], done), outcome)

        error = await guarded(work)
        self.said = words(error) if error else self.said
        self.undo = op_id if error is None and act == "restore" else ""
        self.show_all()

    @not_an_event
    def say(self, text: str, outcome: Outcome) -> ErrorView | None:
        self.said = f"{text} {refusals(services().reader.name, outcome)}".strip()
        return None if outcome.ok else outcome.error or describe("E-SYS-9")

    @not_an_event
    def show_all(self) -> None:
        reader = services().reader
        place: Place = "bin" if self.place == "bin" else "archive"
        found = reader.removed(place, self.looked_for[:LONGEST])
        self.cards, self.count = found["cards"], found["count"]
        self.archived, self.deleted = reader.removed("archive")["count"], reader.removed("bin")["count"]


def done_words(act: str, task_id: str, count: int) -> str:
    if act == "purge":
        return f"{count} {'card was' if count == 1 else 'cards were'} deleted for good."
    task = services().reader.card(task_id)
    if task is None:
        return ""
    return f"{services().reader.name(task_id)} is back in {services().columns.title(Column(task['column']))}."
