"""The local React components of forms, and what they take."""

from typing import Any

import reflex as rx
from reflex_base.constants.state import FIELD_MARKER

from kanban_app.errors import ErrorView
from kanban_app.services.view_shapes import TemplateView
from kanban_app.web.components.assets import (
    CONFLICT,
    COUNTED,
    DIALOG,
    HELD,
    MARKDOWN,
    NEW_TOKEN,
    SETTINGS,
    TEMPLATES,
    TOKENS,
)
from kanban_app.web.states.forms import Difference
from kanban_app.web.states.preview import TextLook


def _previewed(asked: rx.Var[str], text: rx.Var[str]) -> list[rx.Var[Any]]:
    return [asked, text]


def _resumed(op: rx.Var[str], task_id: rx.Var[str], edition: rx.Var[int], version: rx.Var[int]) -> list[rx.Var[Any]]:
    return [op, task_id, edition, version]


def _template_kept(op: rx.Var[str], name: rx.Var[str], fields: rx.Var[dict[str, Any]]) -> list[rx.Var[Any]]:
    return [op, name, fields]


def _template_renamed(op: rx.Var[str], template: rx.Var[str], name: rx.Var[str]) -> list[rx.Var[Any]]:
    return [op, template, name]


def _template_deleted(op: rx.Var[str], template: rx.Var[str]) -> list[rx.Var[Any]]:
    return [op, template]


def _filled(fields: rx.Var[dict[str, str]]) -> list[rx.Var[Any]]:
    return [fields]


class Dialog(rx.Component):
    """A modal dialog. An element in it with `data-close` closes it."""

    library = DIALOG
    tag = "Dialog"

    open: rx.Var[bool]
    edition: rx.Var[int]
    label: rx.Var[str]

    on_close: rx.EventHandler[rx.event.no_args_event_spec]


class HeldForm(rx.Component):
    """Keeps the dialog in it open, with what is typed, when the server has forgotten the state that it is about.

    That state has `op_id`, `task_id`, `edition` and `opened`, and takes the form up again by `on_resume`; its vars
    `live` are then the server's, all others stay what the form was built from. `answers` counts its answers to saves: a
    save that has none when the page has its server back is sent again.
    """

    library = HELD
    tag = "HeldForm"

    name: rx.Var[str]
    mark: rx.Var[str]
    live: rx.Var[list[str]]
    hydrations: rx.Var[int]

    on_resume: rx.EventHandler[_resumed]

    @classmethod
    def of(cls, state: type[rx.State], dialog: rx.Component, **props: Any) -> rx.Component:
        """Around the dialog of a state."""
        return cls.create(dialog, name=state.get_full_name(), mark=FIELD_MARKER, **props)


class CountedText(rx.Component):
    """A field for a long text with the count of its characters, which a form sends as `name`."""

    library = COUNTED
    tag = "CountedText"

    name: rx.Var[str]
    label: rx.Var[str]
    least: rx.Var[int]
    most: rx.Var[int]
    test_id: rx.Var[str]


class MarkdownField(rx.Component):
    """A field for a Markdown text with a preview, which a form sends as `name`. `look` answers what `on_look` asks."""

    library = MARKDOWN
    tag = "MarkdownField"

    name: rx.Var[str]
    label: rx.Var[str]
    hint: rx.Var[str]
    initial: rx.Var[str]
    look: rx.Var[TextLook]
    hydrations: rx.Var[int]

    on_look: rx.EventHandler[_previewed]
    on_forget: rx.EventHandler[rx.event.no_args_event_spec]


class TokenField(rx.Component):
    """A field of several entries, which a form sends as JSON under `name`; `free` ones are typed, others chosen."""

    library = TOKENS
    tag = "TokenField"

    name: rx.Var[str]
    label: rx.Var[str]
    hint: rx.Var[str]
    initial: rx.Var[list[Any]]
    options: rx.Var[list[Any]]
    free: rx.Var[bool]
    longest: rx.Var[int]
    placeholder: rx.Var[str]
    test_id: rx.Var[str]


class NewToken(rx.Component):
    """The `secret` of the token `named` in the page that has begun the operation `made`, until `on_forget`."""

    library = NEW_TOKEN
    tag = "NewToken"

    secret: rx.Var[str]
    named: rx.Var[str]
    made: rx.Var[str]

    on_forget: rx.EventHandler[rx.event.no_args_event_spec]


class Conflict(rx.Component):
    """Two versions of a card beside each other; what is chosen of them goes into the form around it."""

    library = CONFLICT
    tag = "Conflict"

    rows: rx.Var[list[Difference]]
    seen: rx.Var[int]


class TemplateChoice(rx.Component):
    """A choice of templates, which writes the chosen one into the form around it; nothing where there are none."""

    library = TEMPLATES
    tag = "TemplateChoice"

    templates: rx.Var[list[TemplateView]]


class TemplateShelf(rx.Component):
    """Keeps the form around it as a template, and puts in order those that there are."""

    library = TEMPLATES
    tag = "TemplateShelf"

    templates: rx.Var[list[TemplateView]]
    error: rx.Var[ErrorView]
    longest: rx.Var[int]

    on_save: rx.EventHandler[_template_kept]
    on_rename: rx.EventHandler[_template_renamed]
    on_delete: rx.EventHandler[_template_deleted]


class Once(rx.Component):
    """Its first child from the moment on that the server was `ready` for it, its second one before. It stays when the
    server is started anew, with what is typed in it.
    """

    library = SETTINGS
    tag = "Once"

    ready: rx.Var[bool]


class SettingsForm(rx.Component):
    """A form that is saved by a submit button of value "save" and tried by one of value "test".

    Another `edition` (see `states.editions`) builds it anew: over what is typed only when that has been `saved`. A save
    that is not the one `answered` last is then sent again, with the same `op_id` among its fields.
    """

    library = SETTINGS
    tag = "SettingsForm"

    edition: rx.Var[int]
    saved: rx.Var[bool]
    answered: rx.Var[str]

    on_save: rx.EventHandler[_filled]
    on_test: rx.EventHandler[_filled]


class Settled(rx.Component):
    """In a `SettingsForm`: what is said of its last save, shown once that has been answered."""

    library = SETTINGS
    tag = "Settled"
