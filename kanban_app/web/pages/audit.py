"""Who did what, when, from where. All of it is fetched over HTTP; nothing is in the state of the tab."""

import reflex as rx

from kanban_app.web.components.local import AuditLog
from kanban_app.web.components.subpage import subpage


def audit_page() -> rx.Component:
    return subpage(
        "Audit log",
        rx.el.p(
            "What people, programs and the board itself have done, and what was refused. Nothing here can be changed.",
            class_name="about",
        ),
        AuditLog.create(),
    )
