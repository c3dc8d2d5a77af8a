"""In the header: which project this is, and the way to the others."""

from typing import Any, Final

import reflex as rx

from kanban_app.web.components import icons
from kanban_app.web.components.local import PlainLink
from kanban_app.web.states.project import ProjectState

PROJECTS: Final = "/projects/"
_MENU: Final = "project-menu"


def project_switcher() -> rx.Component:
    """The name leads to the page of projects; where there are several, it opens the list of them."""
    return rx.cond(
        ProjectState.links.length() > 0,
        rx.fragment(
            rx.el.button(
                rx.el.span(ProjectState.title),
                icons.down(),
                type="button",
                class_name="project-button",
                aria_label="Project " + ProjectState.title + ": switch",
                custom_attrs={"data-testid": "project-switcher", "popoverTarget": _MENU},
            ),
            rx.el.nav(
                rx.foreach(ProjectState.links, _link),
                PlainLink.create("All projects", to=PROJECTS, class_name="all-projects"),
                id=_MENU,
                class_name="popup project-menu",
                aria_label="Projects",
                custom_attrs={"popover": "auto"},
            ),
        ),
        PlainLink.create(
            rx.cond(ProjectState.title != "", ProjectState.title, "Board"),
            to=PROJECTS,
            class_name="project",
            custom_attrs={"data-testid": "project-name"},
        ),
    )


def _link(link: Any) -> rx.Component:
    return PlainLink.create(
        link["title"],
        to=link["url"],
        key=link["id"],
        custom_attrs={
            "aria-current": rx.cond(link["current"], "page", rx.Var("undefined")),
            "data-testid": f"to-project-{link['id']}",
        },
    )


def project_gone() -> rx.Component:
    """Said on a page whose project has been closed meanwhile."""
    return rx.cond(
        ProjectState.gone != "",
        rx.el.div(
            rx.el.p("This project is not open any more. ", ProjectState.gone, " What you see is how it was last. "),
            PlainLink.create("All projects", to=PROJECTS),
            class_name="notice lost",
            role="alert",
        ),
    )
