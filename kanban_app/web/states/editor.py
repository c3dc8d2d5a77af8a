"""The dialog in which a card is created or edited. The fields belong to the browser; a refusal loses no input."""

from dataclasses import dataclass
from typing import Any, Final

import reflex as rx

from kanban_app.domain.commands import Command, CreateTask, EditTask
from kanban_app.domain.stages import Stage
from kanban_app.domain.workflows import TaskType
from kanban_app.errors import BoardError, ErrorView
from kanban_app.services.views import DetailView
from kanban_app.web.states import arguments
from kanban_app.web.states.doing import carry_out
from kanban_app.web.states.plain import not_an_event
from kanban_app.web.states.shapes import NO_ERROR
from kanban_app.web.states.toasts import ToastState
from kanban_app.web.wiring import services

ALL_STAGES: Final = tuple(stage.value for stage in Stage)
CONFLICT: Final = "E-EDIT-1"


class EditorState(rx.State):
    """What the form starts from. `edition` counts openings: a new one makes the browser build the form anew."""

    opened: bool = False
    edition: rx.Field[int] = rx.field(0)
    task_id: str = ""
    number: rx.Field[int] = rx.field(0)
    version: int = 0
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
        version = None if self._save_over else self.version
        error = await carry_out(lambda: save_command(self.task_id, version, form))
        self._save_over = False
        self.error = error or NO_ERROR
        self.opened = error is not None

    @not_an_event
    def show(self, form: "Form") -> None:
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


def save_command(task_id: str, version: int | None, form: object) -> Command:
    """What a submitted form asks for: a new card without `task_id`, else a change of that card."""
    if not isinstance(form, dict):
        raise BoardError("E-VAL-8", {"field": "form", "reason": "not an acceptable value"})
    title = arguments.text(form.get("title"), "title").strip()
    description = arguments.text(form.get("description"), "description")
    kind = arguments.task_type(form.get("type"))
    stages = tuple(stage for stage in Stage if form.get(f"stage-{stage.value}"))
    if not task_id:
        return CreateTask(title=title, description=description, type=kind, stages=stages)
    changes: dict[str, object] = {"title": title, "description": description, "type": kind, "stages": stages}
    return EditTask(task_id, changes, version)
