"""The dialog in which a card is created or edited. The fields belong to the browser; a refusal loses no input."""

from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID, uuid4, uuid5

import reflex as rx

from kanban_app.domain.commands import CreateTask, EditTask
from kanban_app.domain.stages import Stage
from kanban_app.domain.workflows import TaskType
from kanban_app.errors import BoardError, ErrorView
from kanban_app.services.board import Outcome
from kanban_app.services.views import DetailView
from kanban_app.web.states import arguments
from kanban_app.web.states.doing import carry_out, guarded
from kanban_app.web.states.plain import not_an_event
from kanban_app.web.states.shapes import NO_ERROR
from kanban_app.web.states.toasts import ToastState
from kanban_app.web.wiring import services

ALL_STAGES: Final = tuple(stage.value for stage in Stage)
CONFLICT: Final = "E-EDIT-1"
REFUSED_SAVES: Final = 100


class EditorState(rx.State):
    """What the form starts from. `edition` counts openings: a new one makes the browser build the form anew.

    The form brings `op_id`, `task_id` and `version` back when it is saved, so that they outlive this state.
    """

    opened: bool = False
    op_id: str = ""
    edition: rx.Field[int] = rx.field(0)
    task_id: str = ""
    number: rx.Field[int] = rx.field(0)
    version: rx.Field[int] = rx.field(0)
    title: str = ""
    description: str = ""
    type: str = TaskType.FEATURE.value
    stages: rx.Field[list[str]] = rx.field(default_factory=lambda: list(ALL_STAGES))
    error: ErrorView = NO_ERROR
    _save_over: bool = False

    @rx.event
    def create(self):
        """Open the form for a new card."""
        self.show(Form())

    @rx.event
    async def edit(self, task_id: str):
        """Open the form for a card as it is stored now; also to load it again after somebody else's change."""
        detail = services().reader.detail(str(task_id))
        if detail is None:
            gone = BoardError("E-SYS-3", {"what": "This card"}).view()
            (await self.get_state(ToastState)).show_error(gone)
        else:
            self.show(form_of(detail))

    @rx.event
    def close(self):
        self.opened = False

    @rx.event
    def save_over(self):
        """The next save replaces what somebody else has saved meanwhile."""
        self._save_over = True

    @rx.event
    async def save(self, form: dict[str, Any]):
        """Create or change the card; a refusal is shown at the form."""
        error = await guarded(lambda: save_once(form, save_over=self._save_over))
        self._save_over = False
        if error and not self.opened:
            # A form that this state knows nothing of any more.
            (await self.get_state(ToastState)).show_error(error)
            return
        self.error = error or NO_ERROR
        self.opened = error is not None

    @not_an_event
    def show(self, form: "Form") -> None:
        self.op_id = str(uuid4())
        self.task_id, self.number, self.version = form.task_id, form.number, form.version
        self.title, self.description = form.title, form.description
        self.type, self.stages = form.type, list(form.stages)
        self.error = NO_ERROR
        self._save_over = False
        self.edition += 1
        self.opened = True


@dataclass(frozen=True, slots=True)
class Form:
    """What the fields start from. Without a `task_id` it makes a new card."""

    task_id: str = ""
    number: int = 0
    version: int = 0
    title: str = ""
    description: str = ""
    type: str = TaskType.FEATURE.value
    stages: tuple[str, ...] = ALL_STAGES


def form_of(detail: DetailView) -> Form:
    card = detail["card"]
    return Form(
        task_id=card["id"],
        number=card["number"],
        version=card["version"],
        title=card["title"],
        description=detail["description"],
        type=card["type"],
        stages=tuple(card["stages"]),
    )


async def save_once(form: object, *, save_over: bool) -> ErrorView | None:
    """Save a submitted form: a new card when it names none, else a change of that card. The refusal, if any.

    A form that comes again, because its answer was lost or the button was pressed twice, makes no second card: what
    has been typed since is a change of the first one.
    """
    if not isinstance(form, dict):
        raise BoardError("E-VAL-8", {"field": "form", "reason": "not an acceptable value"})
    fields = cast("dict[str, Any]", form)
    op_id, known = await _unrefused(arguments.operation(fields.get("op_id")))
    task_id = fields.get("task_id") and arguments.ident(fields.get("task_id"), "task_id")
    version = arguments.whole_number(fields.get("version"), "version")
    changes = _changes(fields)
    if known:
        # The first save made the next version: somebody else's change since then is told.
        return await carry_out(lambda: EditTask(known.task_id or "", changes, None if save_over else version + 1))
    if task_id:
        return await carry_out(lambda: EditTask(task_id, changes, None if save_over else version), op_id)
    return await carry_out(lambda: CreateTask(**changes), op_id)


async def _unrefused(op_id: str) -> tuple[str, Outcome | None]:
    """The operation of this save, and what became of it if it was applied. A refused one is followed by the next."""
    for _ in range(REFUSED_SAVES):
        known = await services().board.operation(op_id)
        if known is None or known.ok:
            return op_id, known
        op_id = str(uuid5(UUID(op_id), "next"))
    raise BoardError("E-VAL-8", {"field": "form", "reason": "it was refused too often, open it again"})


def _changes(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": arguments.text(fields.get("title"), "title").strip(),
        "description": arguments.text(fields.get("description"), "description"),
        "type": arguments.task_type(fields.get("type")),
        "stages": tuple(stage for stage in Stage if fields.get(f"stage-{stage.value}")),
    }
