"""How a description that is being written will be shown."""

from typing import Final, TypedDict

import reflex as rx

from kanban_app.domain.cards import TEXT_LIMIT
from kanban_app.domain.clean_text import clean_text
from kanban_app.errors import BoardError, ErrorView
from kanban_app.web.states import arguments
from kanban_app.web.states.doing import guarded
from kanban_app.web.states.shapes import NO_ERROR
from kanban_app.web.wiring import services


class TextLook(TypedDict):
    """The answer to the question `asked`: safe HTML, or none where the text is shown as it was typed; or an error."""

    asked: str
    html: str
    error: ErrorView


NO_LOOK: Final = TextLook(asked="", html="", error=NO_ERROR)


class PreviewState(rx.State):
    """The answer to what this tab's field has asked last."""

    look: TextLook = NO_LOOK

    @rx.event(background=True, supersedes=True)
    async def show(self, asked: str, text: str):
        """Render a text. `asked` comes back with the answer."""
        found: list[str] = []

        async def render() -> None:
            found.append(await services().markdown.html(_acceptable(text)))

        error = await guarded(render)
        question = asked if arguments.is_operation(asked) else ""
        async with self:
            self.look = TextLook(asked=question, html="".join(found), error=error or NO_ERROR)

    @rx.event
    def forget(self):
        """The preview is closed."""
        self.look = NO_LOOK


def _acceptable(value: object) -> str:
    """The text as it would be saved."""
    text = clean_text(arguments.text(value, "description"))
    if len(text) > TEXT_LIMIT:
        faults = f"The description has {len(text)} characters; {TEXT_LIMIT} are possible."
        raise BoardError("E-VAL-17", {"faults": faults})
    return text
