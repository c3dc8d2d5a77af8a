"""The part of the settings that makes, lists and revokes API tokens."""

from typing import Any, Final

import reflex as rx

from kanban_app.domain.access import NAME_LIMIT, Scope
from kanban_app.web.components.form_error import form_error
from kanban_app.web.components.local import Moment
from kanban_app.web.components.local_forms import NewToken, SettingsForm, Settled
from kanban_app.web.states.tokens import FIELD, TokensState

View = Any  # a var of TokenRow; Reflex types item access on it only at run time

WORDS: Final = {
    Scope.READ: "Read: the board, cards, logs and changes",
    Scope.WRITE: "Write: make and edit cards, and read",
    Scope.RUN: "Run: start, move and stop, be a trigger client, and read",
    Scope.ADMIN: "Admin: everything that a person can do",
}


def token_settings() -> rx.Component:
    return rx.el.section(
        rx.el.h2("API tokens"),
        rx.el.p(
            "For programs and other boards, as ", rx.el.code("Authorization: Bearer …"), ". Each can be revoked alone.",
            class_name="about",
        ),
        NewToken.create(
            secret=TokensState.secret, named=TokensState.named, made=TokensState.made, on_forget=TokensState.forget
        ),
        rx.el.ul(rx.foreach(TokensState.rows, _row), class_name="entries", custom_attrs={"data-testid": "tokens"}),
        _form(),
        class_name="subpage-section apart",
    )  # fmt: skip


def _row(row: View) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.div(rx.el.strong(row["name"]), rx.el.code(row["scopes"]), class_name="entry-head"),
            rx.el.p(
                "Made ",
                Moment.create(at=row["created_at"]),
                rx.cond(
                    row["last_used_at"] > 0,
                    rx.fragment(", used ", Moment.create(at=row["last_used_at"])),
                    ", never used",
                ),
            ),
        ),
        rx.cond(
            TokensState.asking == row["id"],
            rx.el.div(
                rx.el.span("What uses it is shut out at once."),
                rx.el.button(
                    "Revoke it",
                    type="button",
                    class_name="button small danger",
                    on_click=TokensState.revoke(row["id"]),
                    custom_attrs={"data-testid": "token-revoke-now"},
                ),
                rx.el.button("Keep it", type="button", class_name="button small", on_click=TokensState.ask("")),
                role="alert",
                class_name="token-question",
            ),
            rx.el.button(
                "Revoke",
                type="button",
                aria_label=f"Revoke {row['name']}",
                class_name="button small",
                on_click=TokensState.ask(row["id"]),
                custom_attrs={"data-testid": "token-revoke"},
            ),
        ),
    )


def _form() -> rx.Component:
    return SettingsForm.create(
        rx.el.div(
            rx.el.label("Name", html_for="token-name"),
            rx.el.input(
                id="token-name",
                name="token-name",
                type="text",
                max_length=NAME_LIMIT,
                auto_complete="off",
                placeholder="what it is for",
                custom_attrs={"data-testid": "token-name"},
            ),
            class_name="field",
        ),
        rx.el.fieldset(
            rx.el.legend("Good for"),
            *(
                rx.el.label(
                    rx.el.input(
                        type="checkbox",
                        name=FIELD + scope.value,
                        custom_attrs={"data-testid": f"token-scope-{scope.value}"},
                    ),
                    WORDS[scope],
                    class_name="check-line",
                )
                for scope in Scope
            ),
            class_name="token-scopes",
        ),
        Settled.create(form_error(TokensState.refusal, test_id="token-error")),
        form_error(TokensState.trouble, test_id="token-error"),
        rx.el.div(
            rx.el.button(
                "Make a token",
                type="submit",
                class_name="button primary",
                custom_attrs={"data-testid": "token-create"},
            ),
            class_name="subpage-actions",
        ),
        edition=TokensState.edition,
        answered=TokensState.answered,
        saved=TokensState.secret != "",
        on_save=TokensState.create,
    )
