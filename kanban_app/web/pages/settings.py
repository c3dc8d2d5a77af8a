"""The connection to the trigger service: how it stands, and its settings."""

from collections.abc import Iterable
from typing import Any, Final

import reflex as rx

from kanban_app.setting_names import variable
from kanban_app.web.components.backup_settings import backup_settings
from kanban_app.web.components.column_settings import column_settings
from kanban_app.web.components.help_link import help_link
from kanban_app.web.components.local import Moment, Transfer
from kanban_app.web.components.local_forms import Once, SettingsForm, Settled
from kanban_app.web.components.local_status import IndicatorSetting
from kanban_app.web.components.subpage import subpage
from kanban_app.web.components.token_settings import token_settings
from kanban_app.web.states.backups import BackupsState
from kanban_app.web.states.columns import ColumnsState
from kanban_app.web.states.settings import FORGET, SettingsState
from kanban_app.web.states.tokens import TokensState

View = Any  # a var of ConnectionView or Finding; Reflex types item access on it only at run time

ADDRESS: Final = "tac7_url"
TOKEN: Final = "tac7_token"  # noqa: S105 - the name of a setting
# Name, label, hint, unit; an empty field stands for the default, which the hint names.
PATIENCE: Final = (
    ("heartbeat_s", "Heartbeat", "15 if left empty.", "seconds"),
    ("trigger_timeouts", "Answer to a start", "30 if left empty. By workflow: 30, adw_sdlc_iso=120.", "seconds"),
)
STARTS: Final = (
    ("max_concurrent_runs", "Runs at the same time", "15 if left empty. Further starts wait in line.", "runs"),
    ("triggers_per_minute", "Starts a minute", "28 if left empty. TAC-7 services refuse more than 30.", "starts"),
    ("trigger_grace_s", "Time to undo a start", "Empty: 0 where a run can be stopped, else 3.", "seconds"),
    (
        "run_silent_after_s",
        "Flag a silent run after",
        "Empty: 600, or 120 where nobody watches the process.",
        "seconds",
    ),
)


def settings_page() -> rx.Component:
    return subpage(
        "Settings",
        _standing(),
        Once.create(_form(), _skeleton(), ready=SettingsState.ready),
        Once.create(column_settings(), ready=ColumnsState.edition > 0),
        Once.create(token_settings(), ready=TokensState.offered),
        IndicatorSetting.create(),
        Transfer.create(),
        rx.cond(BackupsState.ready, backup_settings()),
        _audit(),
    )


def _audit() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Audit log"),
        rx.el.p(
            "Who did what, when and from where: commands, sign-ins, settings and triggers. ",
            rx.el.a("Open the audit log", href="/audit/", custom_attrs={"data-testid": "open-audit"}),
            class_name="about",
        ),
        class_name="subpage-section",
    )


def _standing() -> rx.Component:
    """How the connection stands now."""
    view: View = SettingsState.connection
    return rx.el.section(
        rx.el.h2("Connection"),
        rx.el.div(
            rx.el.p(
                rx.el.span(class_name="dot", aria_hidden="true"),
                rx.el.strong(view["label"]),
                class_name="standing",
                role="status",
                custom_attrs={"data-testid": "settings-connection", "data-state": view["state"]},
            ),
            rx.cond(
                view["state"] != "connected",
                rx.el.button("Retry now", type="button", class_name="button small", on_click=SettingsState.retry_now),
            ),
            class_name="standing-row",
        ),
        rx.cond(view["error"], rx.el.p(view["detail"], class_name="standing-why")),
        rx.el.dl(
            rx.el.dt("Address"),
            rx.el.dd(rx.cond(view["embedded"], "the built-in service", rx.el.code(view["url"]))),
            rx.el.dt("Last connected"),
            rx.el.dd(rx.cond(view["last_connected_at"], Moment.create(at=view["last_connected_at"]), "not yet")),
            rx.el.dt("Under way"),
            rx.el.dd(SettingsState.running_count, " running, ", SettingsState.queue_count, " waiting"),
            class_name="facts",
        ),
        class_name="subpage-section",
    )


def _form() -> rx.Component:
    return SettingsForm.create(
        rx.el.section(
            rx.el.h2("Workflow service"),
            _field(
                ADDRESS,
                "Address",
                "ws:// or wss://, as in ws://127.0.0.1:8500/ws/trigger. Empty: the built-in service.",
                type="url",
                input_mode="url",
                placeholder="the built-in service",
            ),
            _token(),
            _fields(PATIENCE),
            class_name="subpage-section",
        ),
        rx.el.section(
            rx.el.h2("Starts and runs"),
            _fields(STARTS),
            class_name="subpage-section",
        ),
        rx.cond(
            (SettingsState.error["code"] != "") & (SettingsState.faults.length() == 0),
            rx.el.div(
                rx.el.strong(SettingsState.error["title"]),
                rx.el.p(SettingsState.error["message"]),
                help_link(SettingsState.error),
                role="alert",
                class_name="form-error",
            ),
        ),
        _finding(),
        rx.el.div(
            rx.el.button(
                "Save",
                type="submit",
                value="save",
                class_name="button primary",
                custom_attrs={"data-testid": "settings-save"},
            ),
            rx.el.button(
                rx.cond(SettingsState.busy, "Testing…", "Test the connection"),
                type="submit",
                value="test",
                class_name="button",
                disabled=SettingsState.busy,
                custom_attrs={"data-testid": "settings-test"},
            ),
            rx.el.span(
                Settled.create(rx.cond(SettingsState.saved, "Saved and in force.", "")),
                role="status",
                class_name="settings-saved",
                custom_attrs={"data-testid": "settings-saved"},
            ),
            class_name="subpage-actions",
        ),
        edition=SettingsState.edition,
        answered=SettingsState.answered,
        saved=SettingsState.saved,
        on_save=SettingsState.save,
        on_test=SettingsState.test,
    )


def _fields(fields: Iterable[tuple[str, str, str, str]]) -> rx.Component:
    return rx.el.div(*(_field(name, label, hint, unit=unit) for name, label, hint, unit in fields), class_name="pairs")


def _field(name: str, label: str, hint: str, unit: str = "", **attributes: Any) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, rx.cond(unit, rx.el.small(f" ({unit})")), html_for=name),
        rx.el.input(
            id=name,
            name=name,
            default_value=SettingsState.values[name],
            disabled=SettingsState.locked[name],
            auto_complete="off",
            spell_check=False,
            input_mode=attributes.pop("input_mode", "decimal"),
            aria_describedby=f"{name}-hint",
            aria_invalid=SettingsState.faults.contains(name),
            custom_attrs={"data-testid": f"setting-{name}"},
            **{"type": "text", **attributes},
        ),
        _below(name, hint),
        class_name="field",
    )


def _token() -> rx.Component:
    """Never filled in: what is typed replaces it."""
    return rx.el.div(
        rx.el.label("Token", html_for=TOKEN),
        rx.el.input(
            id=TOKEN,
            name=TOKEN,
            type="password",
            default_value="",
            disabled=SettingsState.locked[TOKEN],
            auto_complete="new-password",
            placeholder=rx.cond(SettingsState.kept[TOKEN], "kept; type to replace it", "none"),
            aria_describedby=f"{TOKEN}-hint",
            aria_invalid=SettingsState.faults.contains(TOKEN),
            custom_attrs={"data-testid": f"setting-{TOKEN}"},
        ),
        _below(TOKEN, "Sent as Authorization: Bearer. It is kept in the data folder and never shown again."),
        rx.cond(
            SettingsState.kept[TOKEN] & ~SettingsState.locked[TOKEN],
            rx.el.label(
                rx.el.input(type="checkbox", name=f"{FORGET}{TOKEN}"), "Forget the token", class_name="check-line"
            ),
        ),
        class_name="field",
    )


def _below(name: str, hint: str) -> rx.Component:
    """What is wrong with a field, else who sets it, else what to write."""
    return rx.el.div(
        rx.cond(
            SettingsState.faults.contains(name),
            rx.el.span(SettingsState.faults[name], class_name="fault"),
            rx.cond(
                SettingsState.locked[name],
                rx.el.span(
                    "Set by ", rx.el.code(variable(name)), " where the board was started; it cannot be changed here."
                ),
                hint,
            ),
        ),
        id=f"{name}-hint",
        class_name="hint",
        custom_attrs={"data-testid": f"setting-{name}-hint"},
    )


def _finding() -> rx.Component:
    finding: View = SettingsState.finding
    return rx.el.div(
        rx.cond(
            finding["kind"] != "",
            rx.el.div(
                rx.el.strong(finding["title"]),
                rx.el.p(finding["message"]),
                rx.cond(
                    finding["actions"].to(list[str]).length() > 0,
                    rx.el.ul(rx.foreach(finding["actions"].to(list[str]), rx.el.li)),
                ),
                help_link(finding),
                rx.cond(
                    finding["suggestion"] != "",
                    rx.el.button(
                        "Use ",
                        finding["suggestion"],
                        type="button",
                        class_name="button small",
                        custom_attrs={"data-fill": ADDRESS, "data-value": finding["suggestion"]},
                    ),
                ),
                class_name="finding",
                custom_attrs={"data-kind": finding["kind"], "data-testid": "settings-finding"},
            ),
        ),
        role="status",
    )


def _skeleton() -> rx.Component:
    return rx.el.div(rx.el.i(), rx.el.i(), rx.el.i(), class_name="ghost-card", aria_hidden="true")
