"""What can be done with a card beside moving it. Nothing to show here: the board follows by itself."""

import reflex as rx

from kanban_app.domain.commands import (
    CancelRun,
    Command,
    DeleteTask,
    FreePlace,
    NotRunning,
    Requeue,
    RetryTask,
    StageDone,
    StartAgain,
    StartTask,
    Withdraw,
)
from kanban_app.errors import BoardError, ErrorView
from kanban_app.services.inquiry import CheckView
from kanban_app.web.states import arguments
from kanban_app.web.states.doing import carry_out, guarded
from kanban_app.web.states.plain import not_an_event
from kanban_app.web.states.toasts import ToastState
from kanban_app.web.wiring import services


class CardState(rx.State):
    """Handlers for the buttons and the menu of a card; a refusal becomes a toast."""

    @rx.event
    async def start(self, task_id: str):
        await self.say(task_id, await carry_out(lambda: StartTask(arguments.ident(task_id, "task_id"))))

    @rx.event
    async def retry(self, task_id: str):
        await self.say(task_id, await carry_out(lambda: RetryTask(arguments.ident(task_id, "task_id"))))

    @rx.event
    async def cancel(self, task_id: str):
        """Stop the card's run; one that still waits is taken out of the line."""
        await self.say(task_id, await carry_out(lambda: stop_command(task_id)))

    @rx.event
    async def delete(self, task_id: str):
        await self.say(task_id, await carry_out(lambda: DeleteTask(arguments.ident(task_id, "task_id"))))

    @rx.event
    async def withdraw(self, task_id: str):
        await self.say(task_id, await carry_out(lambda: Withdraw(attempt_of(task_id))))

    @rx.event
    async def start_again(self, task_id: str):
        await self.say(task_id, await carry_out(lambda: StartAgain(attempt_of(task_id))))

    @rx.event
    async def not_running(self, task_id: str):
        await self.say(task_id, await carry_out(lambda: NotRunning(attempt_of(task_id))))

    @rx.event
    async def stage_done(self, task_id: str):
        await self.say(task_id, await carry_out(lambda: StageDone(attempt_of(task_id))))

    @rx.event
    async def release(self, task_id: str):
        """Let others start in the place of a run of which nobody knows whether it runs."""
        await self.say(task_id, await carry_out(lambda: FreePlace(attempt_of(task_id))))

    @rx.event
    async def queue_first(self, task_id: str):
        await self.say(task_id, await carry_out(lambda: Requeue(attempt_of(task_id), 1)))

    @rx.event
    async def queue_later(self, task_id: str):
        """One place further back in line."""
        await self.say(task_id, await carry_out(lambda: Requeue(attempt_of(task_id), place_of(task_id) + 1)))

    @rx.event
    async def check(self, task_id: str):
        """Ask the service how an unsettled start stands, and say what it says."""
        answers: list[CheckView] = []

        async def ask() -> None:
            answers.append(await services().check(attempt_of(task_id)))

        await self.say(task_id, await guarded(ask))
        if answers:
            (await self.get_state(ToastState)).show_answer(answers[0], str(task_id)[:64])

    @not_an_event
    async def say(self, task_id: object, error: ErrorView | None) -> None:
        if error:
            (await self.get_state(ToastState)).show_error(error, str(task_id)[:64])


def place_of(task_id: object) -> int:
    """A card's place in line; 0 when it does not wait."""
    card = services().reader.card(arguments.ident(task_id, "task_id"))
    return card["queue_place"] if card else 0


def stop_command(task_id: object) -> Command:
    card = services().reader.card(arguments.ident(task_id, "task_id"))
    if card and card["status"] in {"held", "queued"}:
        return Withdraw(card["attempt_id"])
    if card and card["run_id"]:
        return CancelRun(card["run_id"])
    raise BoardError("E-SYS-3", {"what": "This run"})


def attempt_of(task_id: object) -> str:
    """The newest attempt of a card."""
    card = services().reader.card(arguments.ident(task_id, "task_id"))
    if card and card["attempt_id"]:
        return card["attempt_id"]
    raise BoardError("E-SYS-3", {"what": "This start"})
