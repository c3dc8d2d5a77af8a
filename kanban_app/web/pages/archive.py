"""The archive and the bin: what has left the board, and how it comes back."""

from typing import Any, Final

import reflex as rx

from kanban_app.services.removed import MOST
from kanban_app.web.components.card import type_mark
from kanban_app.web.components.local import Moment
from kanban_app.web.components.local_forms import Dialog
from kanban_app.web.components.subpage import subpage
from kanban_app.web.states.archive import ALL, ArchiveState

PAUSE_MS: Final = 150
PLACES: Final = (("archive", "Archive", ArchiveState.archived), ("bin", "Bin", ArchiveState.deleted))


def archive_page() -> rx.Component:
    return subpage(
        "Archive and bin",
        rx.el.section(
            _places(),
            _about(),
            _tools(),
            rx.el.div(
                rx.el.p(ArchiveState.said, role="status", class_name="said", custom_attrs={"data-testid": "said"}),
                rx.cond(
                    ArchiveState.undo != "",
                    rx.el.button("Undo", type="button", class_name="button small", on_click=ArchiveState.take_back),
                ),
                class_name="removed-said",
            ),
            rx.cond(ArchiveState.ready, _cards(), rx.el.p("Loading…", class_name="muted", role="status")),
            class_name="subpage-section",
        ),
        _question(),
    )


def _places() -> rx.Component:
    return rx.el.div(
        *(
            rx.el.button(
                title,
                " ",
                rx.el.span(count, class_name="count num"),
                type="button",
                aria_pressed=rx.cond(ArchiveState.place == place, "true", "false"),
                on_click=ArchiveState.choose(place),
                custom_attrs={"data-testid": f"removed-{place}"},
            )
            for place, title, count in PLACES
        ),
        class_name="removed-places",
        role="group",
        aria_label="What to look into",
    )


def _about() -> rx.Component:
    return rx.el.p(
        rx.cond(
            ArchiveState.place == "bin",
            "Cards that were deleted. What is deleted for good never comes back; branches and logs of its runs stay.",
            "Cards that were taken off the board. They keep their text, their runs and their logs.",
        ),
        class_name="about",
    )


def _tools() -> rx.Component:
    return rx.el.div(
        rx.el.input(
            type="search",
            aria_label="Look for cards here",
            placeholder="Title, label or number",
            default_value=ArchiveState.looked_for,
            max_length=200,
            auto_complete="off",
            on_change=ArchiveState.look.debounce(PAUSE_MS),  # pyright: ignore[reportFunctionMemberAccess]
            custom_attrs={"data-testid": "removed-search"},
        ),
        rx.cond(
            (ArchiveState.place == "bin") & (ArchiveState.deleted > 0),
            rx.el.button(
                "Empty the bin",
                type="button",
                class_name="button",
                on_click=ArchiveState.ask(ALL),
                custom_attrs={"data-testid": "empty-bin"},
            ),
        ),
        class_name="removed-tools",
    )


def _cards() -> rx.Component:
    return rx.cond(
        ArchiveState.count > 0,
        rx.fragment(
            rx.el.ul(rx.foreach(ArchiveState.cards, _card), class_name="entries"),
            rx.cond(
                ArchiveState.count > MOST,
                rx.el.p(
                    f"The newest {MOST} of ", ArchiveState.count, ". Look for the others by a word.", class_name="muted"
                ),
            ),
        ),
        rx.el.p(
            rx.cond(
                ArchiveState.looked_for != "",
                "No card here has these words.",
                rx.cond(ArchiveState.place == "bin", "The bin is empty.", "Nothing is archived."),
            ),
            class_name="muted",
        ),
    )


def _card(card: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(
                type_mark(card["type"]), rx.el.span("#", card["number"], class_name="num"), class_name="entry-head"
            ),
            rx.el.p(card["title"], class_name="removed-title"),
            rx.el.p(
                rx.cond(ArchiveState.place == "bin", "Deleted ", "Archived "),
                Moment.create(at=card["at"]),
                rx.cond(card["by"] != "", rx.fragment(" ", card["by"])),
                ", from ",
                card["where"],
                class_name="last",
            ),
        ),
        rx.el.div(
            rx.el.button(
                "Restore",
                type="button",
                class_name="button small",
                aria_label="Restore " + card["title"].to(str),
                on_click=ArchiveState.restore(card["id"]),
                custom_attrs={"data-testid": "restore"},
            ),
            rx.cond(
                ArchiveState.place == "bin",
                rx.el.button(
                    "Delete for good",
                    type="button",
                    class_name="button small",
                    aria_label="Delete for good: " + card["title"].to(str),
                    on_click=ArchiveState.ask(card["id"]),
                    custom_attrs={"data-testid": "purge"},
                ),
            ),
            class_name="removed-acts",
        ),
        key=card["id"].to(str),
        custom_attrs={"data-testid": "removed-card"},
    )


def _question() -> rx.Component:
    every = ArchiveState.asked == ALL
    return Dialog.create(
        rx.el.h2(rx.cond(every, "Empty the bin?", "Delete this card for good?")),
        rx.cond(~every, rx.el.p(ArchiveState.asked_title)),
        rx.el.p("This cannot be undone. Branches and logs of runs stay where they are."),
        rx.el.div(
            rx.el.button(
                "Cancel",
                type="button",
                class_name="button",
                custom_attrs={"data-close": "true", "data-first": "true", "data-testid": "purge-no"},
            ),
            rx.el.button(
                "Delete for good",
                type="button",
                class_name="button danger",
                on_click=ArchiveState.purge,
                custom_attrs={"data-testid": "purge-yes"},
            ),
            class_name="dialog-actions",
        ),
        open=ArchiveState.asked != "",
        label="Delete for good?",
        on_close=ArchiveState.keep,
        class_name="dialog question",
    )
