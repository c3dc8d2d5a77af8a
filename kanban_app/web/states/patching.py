"""The dialog in which a change to what a run has made is described. A refusal loses no text."""

from typing import Any, cast
from uuid import uuid4

import reflex as rx

from kanban_app.domain.commands import PatchTask
from kanban_app.errors import BoardError, ErrorView
from kanban_app.web.states import arguments
from kanban_app.web.states.doing import carry_out, guarded, unrefused
from kanban_app.web.states.plain import not_an_event
from kanban_app.web.states.shapes import NO_ERROR
from kanban_app.web.states.toasts import ToastState
from kanban_app.web.wiring import services


class PatchState(rx.State):
    """What the form is about. It brings `op_id` and `task_id` back, so that they outlive this state; `edition` counts
    openings, `answers` what has come of saves.
    """

    opened: bool = False
    edition: rx.Field[int] = rx.field(0)
    answers: rx.Field[int] = rx.field(0)
    op_id: str = ""
    task_id: str = ""
    title: str = ""
    branch: str = ""
    error: ErrorView = NO_ERROR

    @rx.event
    async def open(self, task_id: str):
        """Open the form for a card whose run can be patched."""
        card = services().reader.card(str(task_id))
        if card is None or not card["run_id"]:
            refusal = BoardError("E-SYS-3", {"what": "This card"}) if card is None else BoardError("E-MOVE-5")
            (await self.get_state(ToastState)).show_error(refusal.view(), arguments.shown(task_id))
            return
        self.op_id, self.task_id = str(uuid4()), card["id"]
        self.title, self.branch = f"#{card['number']} {card['title']}", card["branch"]
        self.error = NO_ERROR
        self.edition += 1
        self.opened = True

    @rx.event
    def resume(self, op_id: Any, task_id: Any, edition: Any):
        """Take up a form that the browser has open and this state knows nothing of: the app was started anew."""
        about = arguments.form_of(op_id, task_id, edition)
        if self.op_id or about is None:
            return
        self.op_id, self.task_id, self.edition, _ = about
        self.opened = True

    @rx.event
    def close(self):
        self.opened = False

    @rx.event
    async def save(self, form: dict[str, Any]):
        """Put the patch in line; a refusal is shown at the form, which keeps its text."""
        error = await guarded(lambda: save_once(form))
        self.answers += 1
        if error and not self.opened:
            # A form that this state knows nothing of any more.
            (await self.get_state(ToastState)).show_error(error)
            return
        if error is None:
            # No form to be taken up again.
            self.op_id = form["op_id"]
        self.show(error)

    @not_an_event
    def show(self, error: ErrorView | None) -> None:
        self.error = error or NO_ERROR
        self.opened = error is not None


async def save_once(form: object) -> ErrorView | None:
    """Start the patch of a submitted form; one that comes again after its answer was lost starts nothing more."""
    if not isinstance(form, dict):
        raise BoardError("E-VAL-8", {"field": "form", "reason": "not an acceptable value"})
    fields = cast("dict[str, Any]", form)
    op_id, known = await unrefused(arguments.operation(fields.get("op_id")))
    task_id = arguments.ident(fields.get("task_id"), "task_id")
    text = arguments.text(fields.get("text"), "text")
    if known:
        return None
    return await carry_out(lambda: PatchTask(task_id, text), op_id)
