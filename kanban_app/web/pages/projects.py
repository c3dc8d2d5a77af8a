"""All projects: the ones in use with how they stand, the archived ones, and the form for a new one."""

from typing import Any

import reflex as rx

from kanban_app.domain.projects import TITLE_LIMIT
from kanban_app.web.components import icons
from kanban_app.web.components.help_link import help_link
from kanban_app.web.components.local import Moment, PlainLink
from kanban_app.web.components.local_forms import SettingsForm
from kanban_app.web.components.subpage import subpage
from kanban_app.web.states.projects import ProjectsState

View = Any  # a var of ProjectView; Reflex types item access on it only at run time


def projects_page() -> rx.Component:
    return subpage(
        "Projects",
        rx.cond(ProjectsState.ready, _current(), _skeleton()),
        _form(),
        rx.cond(ProjectsState.archived.length() > 0, _archived()),
        of_a_project=False,
    )


def _current() -> rx.Component:
    return rx.el.section(
        rx.el.h2("In use"),
        rx.el.ul(rx.foreach(ProjectsState.current, _project), class_name="projects"),
        class_name="subpage-section",
    )


def _project(view: View) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.cond(ProjectsState.renaming == view["id"], _rename_form(view), _name(view)),
            _standing(view),
            rx.cond(view["repository"] != "", rx.el.p(rx.el.code(view["repository"]))),
            rx.el.p("Last used ", Moment.create(at=view["used_at"]), class_name="num"),
            _trouble(view),
            class_name="project-facts",
        ),
        rx.el.div(
            rx.cond(view["state"] == "broken", _button("Try again", ProjectsState.open(view["id"]), view, "retry")),
            rx.cond(
                ProjectsState.renaming != view["id"],
                _button("Rename", ProjectsState.ask_name(view["id"]), view, "rename"),
            ),
            rx.cond(view["id"] != "default", _button("Archive", ProjectsState.archive(view["id"]), view, "archive")),
            class_name="project-actions",
        ),
        key=view["id"],
        custom_attrs={"data-testid": f"project-{view['id']}", "data-state": view["state"]},
    )


def _name(view: View) -> rx.Component:
    return rx.el.h3(rx.cond(view["state"] == "open", PlainLink.create(view["title"], to=view["url"]), view["title"]))


def _rename_form(view: View) -> rx.Component:
    return SettingsForm.create(
        rx.el.input(
            name="title",
            default_value=view["title"],
            max_length=TITLE_LIMIT,
            auto_focus=True,
            auto_complete="off",
            aria_label="Name of the project",
            custom_attrs={"data-testid": "project-rename"},
        ),
        rx.el.button("Save", type="submit", class_name="button small primary"),
        rx.el.button("Cancel", type="button", class_name="button small", on_click=ProjectsState.ask_name("")),
        edition=0,
        on_save=ProjectsState.rename,
    )


def _standing(view: View) -> rx.Component:
    """How it stands in a line: its connection and its numbers, or why there are none."""
    standing: Any = rx.match(
        view["state"],
        (
            "open",
            rx.el.p(
                rx.el.span(
                    rx.el.span(class_name="dot", aria_hidden="true"),
                    view["connection_label"],
                    class_name="project-connection",
                    custom_attrs={"data-state": view["connection"]},
                ),
                _count(view["running"], "running", icons.active()),
                _count(view["waiting"], "waiting", icons.waiting()),
                _count(view["failed"], "failed", icons.failed()),
                class_name="project-standing",
            ),
        ),
        ("broken", rx.el.p(rx.el.strong("Cannot be opened. "), view["reason"], class_name="fault", role="alert")),
        rx.el.p("Opening…"),
    )
    return standing


def _count(number: Any, word: str, sign: rx.Component) -> rx.Component:
    return rx.cond(
        number.to(int) > 0, rx.el.span(sign, number, f" {word}", class_name=f"num project-{word}"), rx.fragment()
    )


def _button(label: str, on_click: Any, view: View, hook: str) -> rx.Component:
    return rx.el.button(
        label,
        rx.el.span(" ", view["title"], class_name="hidden"),
        type="button",
        class_name="button small",
        on_click=on_click,
        custom_attrs={"data-testid": f"project-{hook}"},
    )


def _trouble(view: View) -> rx.Component:
    return rx.cond(
        (ProjectsState.trouble["code"] != "") & (ProjectsState.about == view["id"]),
        rx.el.p(
            rx.el.strong(ProjectsState.trouble["title"], ". "),
            ProjectsState.trouble["message"],
            " ",
            help_link(ProjectsState.trouble),
            class_name="fault",
            role="alert",
        ),
    )


def _archived() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Archived"),
        rx.el.p("They are closed; their cards and logs are kept.", class_name="about"),
        rx.el.ul(
            rx.foreach(
                ProjectsState.archived,
                lambda view: rx.el.li(
                    rx.el.div(
                        rx.el.h3(view["title"]),
                        rx.cond(view["repository"] != "", rx.el.p(rx.el.code(view["repository"]))),
                        _trouble(view),
                        class_name="project-facts",
                    ),
                    _button("Bring back", ProjectsState.open(view["id"]), view, "restore"),
                    key=view["id"],
                    custom_attrs={"data-testid": f"project-{view['id']}", "data-state": view["state"]},
                ),
            ),
            class_name="projects",
        ),
        class_name="subpage-section",
    )


def _form() -> rx.Component:
    return SettingsForm.create(
        rx.el.section(
            rx.el.h2("New project"),
            rx.el.p(
                "A board with its own cards, connection and settings. Without a repository or a service it runs the "
                "demonstration.",
                class_name="about",
            ),
            _field("title", "Name", "", max_length=TITLE_LIMIT),
            _field(
                "repository",
                "Repository",
                "A folder of this machine with a git repository; the built-in service works in it.",
                placeholder="/home/me/shop",
            ),
            _field(
                "service",
                "Or a trigger service elsewhere",
                "ws:// or wss://, as in ws://127.0.0.1:8500/ws/trigger.",
                type="url",
            ),
            _field("token", "Its token", "Where it wants one.", type="password"),
            rx.cond(
                (ProjectsState.trouble["code"] != "") & (ProjectsState.about == ""),
                rx.el.div(
                    rx.el.strong(ProjectsState.trouble["title"]),
                    rx.el.p(ProjectsState.trouble["message"]),
                    help_link(ProjectsState.trouble),
                    role="alert",
                    class_name="form-error",
                    custom_attrs={"data-testid": "project-error"},
                ),
            ),
            rx.el.div(
                rx.el.button(
                    rx.cond(ProjectsState.busy, "Creating…", "Create the project"),
                    type="submit",
                    class_name="button primary",
                    disabled=ProjectsState.busy,
                    custom_attrs={"data-testid": "project-create"},
                ),
                class_name="subpage-actions",
            ),
            class_name="subpage-section apart",
        ),
        edition=ProjectsState.edition,
        saved=True,
        on_save=ProjectsState.create,
    )


def _field(name: str, label: str, hint: str, **attributes: Any) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=f"new-{name}"),
        rx.el.input(
            id=f"new-{name}",
            name=name,
            auto_complete="new-password" if name == "token" else "off",
            spell_check=False,
            custom_attrs={"data-testid": f"new-project-{name}"},
            **({"aria_describedby": f"new-{name}-hint"} if hint else {}),
            **{"type": "text", **attributes},
        ),
        rx.el.p(hint, id=f"new-{name}-hint", class_name="hint") if hint else rx.fragment(),
        class_name="field",
    )


def _skeleton() -> rx.Component:
    return rx.el.div(rx.el.i(), rx.el.i(), rx.el.i(), class_name="ghost-card", aria_hidden="true")
