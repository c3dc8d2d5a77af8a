"""The dialog in which a card is created or edited. The fields belong to the browser; a refusal loses no input."""

from typing import Any, Final, cast
from uuid import UUID, uuid4, uuid5

import reflex as rx

from kanban_app.domain.commands import CreateTask, EditTask, RestoreTask
from kanban_app.domain.workflows import TaskType
from kanban_app.errors import BoardError, ErrorView
from kanban_app.services.view_shapes import ImageView
from kanban_app.web.states import arguments
from kanban_app.web.states.doing import carry_out, guarded, unrefused
from kanban_app.web.states.forms import ALL_STAGES, Difference, Form, changes_of, differences, form_of
from kanban_app.web.states.images import image_wishes
from kanban_app.web.states.plain import not_an_event
from kanban_app.web.states.planning import BY_TYPE, Choice, choice_of
from kanban_app.web.states.shapes import NO_ERROR
from kanban_app.web.states.templates import TemplateState
from kanban_app.web.states.toasts import ToastState
from kanban_app.web.wiring import services

CONFLICT: Final = "E-EDIT-1"
GONE: Final = "E-SYS-3"
WAYS: Final = ("restore", "anew")
"""How a form is saved whose card has been deleted: with the card brought back, or as a new one."""
MOST_CHOICES: Final = 500


class EditorState(rx.State):
    """What the form starts from. `edition` counts openings: a new one makes the browser build the form anew. `answers`
    counts what has come of saves.

    The form brings `op_id`, `task_id` and `version` back when it is saved, so that they outlive this state. After a
    conflict it also brings `seen`, the version that its person has had in view: it is saved over no later one. The
    conflict is about the card `disputed`, which the form of a new card does not name.
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
    images: rx.Field[list[ImageView]] = rx.field(default_factory=list)
    priority: rx.Field[int] = rx.field(0)
    due_on: str = ""
    issue_number: str = ""
    labels: rx.Field[list[str]] = rx.field(default_factory=list)
    blocked_by: rx.Field[list[Choice]] = rx.field(default_factory=list)
    model_set: str = BY_TYPE
    stage_models: rx.Field[dict[str, str]] = rx.field(default_factory=dict)
    known_labels: rx.Field[list[str]] = rx.field(default_factory=list)
    known_cards: rx.Field[list[Choice]] = rx.field(default_factory=list)
    error: ErrorView = NO_ERROR
    conflict: rx.Field[list[Difference]] = rx.field(default_factory=list)
    seen: rx.Field[int] = rx.field(0)
    gone: bool = False
    disputed: str = ""
    answers: rx.Field[int] = rx.field(0)
    _base: Form | None = None
    _way: str = ""

    @rx.event
    async def create(self):
        """Open the form for a new card."""
        self.show(Form())
        (await self.get_state(TemplateState)).show()
        yield
        self.show_choices()

    @rx.event
    async def edit(self, task_id: str):
        """Open the form for a card as it is stored now; also to load it again after somebody else's change."""
        detail = services().reader.detail(str(task_id))
        if detail is None:
            gone = BoardError("E-SYS-3", {"what": "This card"}).view()
            (await self.get_state(ToastState)).show_error(gone)
        else:
            self.show(form_of(detail))
            (await self.get_state(TemplateState)).show()
            yield
            self.show_choices()

    @rx.event
    async def resume(self, op_id: Any, task_id: Any, edition: Any, version: Any):
        """Take up a form that the browser has open and this state knows nothing of: the app was started anew."""
        about = arguments.form_of(op_id, task_id, edition, version)
        if self.op_id or about is None:
            return
        self.op_id, self.task_id, self.edition, self.version = about
        self.opened = True
        (await self.get_state(TemplateState)).show()

    @rx.event
    def close(self):
        self.opened = False

    @rx.event
    def take_way(self, way: str):
        """How the next save deals with a card that is gone."""
        self._way = way if way in WAYS else ""

    @rx.event
    async def save(self, form: dict[str, Any]):
        """Create or change the card; a refusal is shown at the form."""
        task_id, op_id = "", ""

        async def work() -> ErrorView | None:
            nonlocal task_id, op_id
            task_id, op_id, refusal = await save_once(form, way=self._way)
            return refusal

        error = await guarded(work)
        self._way = ""
        self.answers += 1
        toasts = await self.get_state(ToastState)
        if error and not self.opened:
            # A form that this state knows nothing of any more.
            toasts.show_error(error)
            return
        if error is None:
            toasts.show_saved(op_id)
            # No form to be taken up again.
            self.op_id = form["op_id"]
        self.error = error or NO_ERROR
        self.opened = error is not None
        if error is None:
            self.disputed, self.gone = "", False
        elif task_id:
            self.show_conflict(form, task_id, error["code"])

    @not_an_event
    def show(self, form: Form) -> None:
        self.op_id = str(uuid4())
        self.task_id, self.number, self.version = form.task_id, form.number, form.version
        self.title, self.description = form.title, form.description
        self.type, self.stages = form.type, list(form.stages)
        self.images = list(form.images)
        self.priority, self.due_on, self.issue_number = form.priority, form.due_on, form.issue_number
        self.labels, self.blocked_by = list(form.labels), list(form.blocked_by)
        self.model_set = form.model_set
        self.stage_models = {stage: form.stage_models.get(stage, "") for stage in ALL_STAGES}
        self.error, self.conflict, self.seen, self.gone, self.disputed = NO_ERROR, [], 0, False, ""
        self._base, self._way = form, ""
        self.edition += 1
        self.opened = True

    @not_an_event
    def show_choices(self) -> None:
        """What the fields offer. It comes after the form, which need not wait for a long list."""
        self.known_labels = services().reader.labels()[:MOST_CHOICES]
        others = (card for card in services().reader.unfinished() if card["id"] != self.task_id)
        self.known_cards = [choice_of(card) for card in others][:MOST_CHOICES]

    @not_an_event
    def show_conflict(self, fields: dict[str, Any], task_id: str, code: str) -> None:
        """Both versions side by side after somebody else's change, and what can be done about a card that is gone.

        `task_id` is that of a card that exists, also where it was this form that has made it. Of a refusal that comes
        before it is known which card that is, nothing follows: what is shown of one stays.
        """
        detail = services().reader.detail(task_id)
        self.gone = code == GONE and detail is None
        self.disputed = task_id if self.gone or detail is not None else ""
        if self.gone:
            self.conflict = []
        if code != CONFLICT or detail is None:
            return
        theirs = form_of(detail)
        base = self._base if self._base and self._base.task_id == task_id else None
        self.conflict, self.seen = differences(base, theirs, fields, _choice), theirs.version
        self._base = theirs


async def save_once(form: object, *, way: str = "") -> tuple[str, str, ErrorView | None]:
    """Save a submitted form: a new card when it names none, else a change of that card. The id of the card that is
    there already, "" for a new one, the operation, and the refusal, if any.

    A form that comes again, because its answer was lost or the button was pressed twice, makes no second card: what
    has been typed since is a change of the first one. `way` is what becomes of a card that is gone.
    """
    if not isinstance(form, dict):
        raise BoardError("E-VAL-8", {"field": "form", "reason": "not an acceptable value"})
    fields = cast("dict[str, Any]", form)
    op_id, known = await unrefused(arguments.operation(fields.get("op_id")))
    named = fields.get("task_id") and arguments.ident(fields.get("task_id"), "task_id")
    version = arguments.whole_number(fields.get("seen") or fields.get("version"), "version")
    if known and way == "anew":
        # The operation of the form is that of the card which is gone.
        op_id, known = await unrefused(str(uuid5(UUID(op_id), way)))
        named, version = "", 0
    task_id = (known.task_id or "") if known else named or ""
    changes, images = changes_of(fields), await image_wishes(fields.get("images"))
    if not task_id or (way == "anew" and not known):
        return task_id, op_id, await carry_out(lambda: CreateTask(**changes, images=images.add), op_id)
    if way == "restore" and (refusal := await carry_out(lambda: RestoreTask(task_id))):
        return task_id, op_id, refusal
    # What has been seen since is a version itself; else the first save made the next one. Somebody else's change after
    # it is told.
    seen = version + 1 if known and not fields.get("seen") else version

    def edit() -> EditTask:
        return EditTask(task_id, _of_edit(task_id, changes), seen, images.add, images.remove)

    return task_id, op_id, await carry_out(edit, None if known else op_id)


def _of_edit(task_id: str, changes: dict[str, Any]) -> dict[str, Any]:
    """A card that exists has its models chosen already, also where they came from its type.

    It goes on waiting for cards that are off the board: the form shows none of them.
    """
    wanted = {name: value for name, value in changes.items() if name != "model_set" or value is not None}
    detail = services().reader.detail(task_id)
    if detail and "blocked_by" in wanted:
        shown = {blocker["id"] for blocker in detail["card"]["blockers"]}
        named = wanted["blocked_by"]
        kept = (blocker for blocker in detail["blocked_by"] if blocker in named or blocker not in shown)
        wanted["blocked_by"] = tuple(dict.fromkeys((*kept, *named)))
    return wanted


def _choice(task_id: str) -> Choice:
    card = services().reader.card(task_id)
    return Choice(id=task_id, text=f"#{card['number']} {card['title']}" if card else "A card that was deleted")
