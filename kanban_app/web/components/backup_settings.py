"""The part of the settings about backups."""

from typing import Any

import reflex as rx

from kanban_app.web.components.form_error import form_error
from kanban_app.web.components.local import Moment, PlainLink
from kanban_app.web.states.backups import BackupsState

View = Any  # a var of BackupRow; Reflex types item access on it only at run time


def backup_settings() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Backups"),
        rx.el.p(
            "All projects with their images and the access token, in ",
            rx.el.code(BackupsState.folder),
            ". ",
            BackupsState.when,
            " ",
            rx.el.code("python -m kanban_app restore FILE"),
            " puts one back.",
            class_name="about",
        ),
        rx.el.p(
            "Last backup: ",
            rx.cond(
                BackupsState.backups.length() > 0,
                Moment.create(at=BackupsState.backups[0].to(dict)["at"]),
                "none yet",
            ),
            custom_attrs={"data-testid": "backup-last"},
        ),
        rx.cond(
            BackupsState.backups.length() > 0,
            rx.el.ul(rx.foreach(BackupsState.backups, _backup), class_name="backups"),
        ),
        _trouble(),
        rx.el.div(
            rx.el.button(
                rx.cond(BackupsState.busy, "Backing up…", "Back up now"),
                type="button",
                class_name="button",
                disabled=BackupsState.busy,
                on_click=BackupsState.back_up,
                custom_attrs={"data-testid": "backup-now"},
            ),
            rx.el.span(
                rx.cond(BackupsState.made != "", "Backed up and checked.", ""),
                role="status",
                class_name="settings-saved",
                custom_attrs={"data-testid": "backup-made"},
            ),
            class_name="subpage-actions",
        ),
        class_name="subpage-section",
    )


def _backup(view: View) -> rx.Component:
    return rx.el.li(
        # Of all projects: the address of the first, which the router must not take for a page of its own.
        PlainLink.create(view["name"], to="/api/v1/backups/" + view["name"].to(str)),
        rx.el.span(view["size_text"], class_name="num"),
        key=view["name"],
        custom_attrs={"data-testid": "backup"},
    )


def _trouble() -> rx.Component:
    return form_error(
        BackupsState.trouble,
        test_id="backup-error",
        otherwise=rx.cond(
            BackupsState.failed != "",
            rx.el.p("The last try came to nothing: ", BackupsState.failed, class_name="fault"),
        ),
    )
