"""What a card has beside its words, on the card and in its panel."""

from typing import Any

import reflex as rx

from kanban_app.services.view_shapes import BlockerView
from kanban_app.web.components import icons
from kanban_app.web.components.local import Due
from kanban_app.web.states.panel import PanelState
from kanban_app.web.states.planning import MODEL_SETS, PRIORITIES

Card = Any  # a var of CardView; Reflex types item access on it only at run time


def card_facts(item: Card) -> rx.Component:
    """Priority, due day and open blockers; nothing where a card has none of them."""
    return rx.cond(
        (item["priority"].to(int) > 0) | (item["due_on"] != "") | _is_blocked(item),
        rx.el.div(
            rx.cond(item["priority"].to(int) > 0, priority_mark(item["priority"])),
            rx.cond(item["due_on"] != "", Due.create(day=item["due_on"], done=item["column"] == "completed")),
            rx.cond(
                _is_blocked(item),
                rx.el.span(icons.waiting(), "Waits for ", item["waits_for"], class_name="blocked num"),
            ),
            class_name="card-facts",
        ),
    )


def panel_facts(item: Card) -> rx.Component:
    """The same with words and links, and what only the panel shows."""
    detail: Any = PanelState.detail
    models: Any = detail["stage_models"].to(dict[str, str])
    return rx.el.section(
        rx.el.h3("Details"),
        rx.el.dl(
            _fact("Priority", item["priority"].to(int) != 0, priority_mark(item["priority"])),
            _fact("Due", item["due_on"] != "", Due.create(day=item["due_on"], done=item["column"] == "completed")),
            _fact("Labels", item["labels"].to(list[str]).length() > 0, _labels(item)),
            _fact("Issue number", detail["issue_number"] != "", detail["issue_number"]),
            _fact("Waits for", item["blockers"].to(list[BlockerView]).length() > 0, _cards(item["blockers"])),
            _fact("Waited for by", detail["blocks"].to(list[BlockerView]).length() > 0, _cards(detail["blocks"])),
            _fact(
                "Models",
                True,
                rx.el.span(
                    rx.match(detail["model_set"].to(str), *MODEL_SETS.items(), detail["model_set"].to(str)),
                    rx.foreach(models, lambda pair: rx.el.span(", ", pair[0], ": ", pair[1])),
                ),
            ),
            class_name="facts",
        ),
        class_name="section",
        custom_attrs={"data-testid": "panel-facts"},
    )


def priority_mark(priority: Any) -> rx.Component:
    """A priority by sign and word; numbers beyond those that have a word are shown as they are."""
    number = priority.to(int)
    word: Any = rx.match(number, *((value, word) for value, word in enumerate(PRIORITIES) if value), number.to(str))
    sign: Any = rx.match(
        number,
        (1, icons.priority_low()),
        (2, icons.priority_medium()),
        (3, icons.priority_high()),
        (4, icons.priority_urgent()),
        rx.fragment(),
    )
    return rx.el.span(sign, word, class_name="priority", custom_attrs={"data-priority": number})


def _is_blocked(item: Card) -> Any:
    """Whether other cards would hold up a start; one that waits already says so by its status."""
    return (item["waits_for"] != "") & (item["status"] != "queued")


def _fact(name: str, has: Any, value: Any) -> rx.Component:
    pair = rx.fragment(rx.el.dt(name), rx.el.dd(value))
    return pair if has is True else rx.cond(has, pair)


def _labels(item: Card) -> rx.Component:
    return rx.el.ul(
        rx.foreach(item["labels"].to(list[str]), lambda label: rx.el.li(label, class_name="badge")), class_name="labels"
    )


def _cards(cards: Any) -> rx.Component:
    return rx.el.ul(rx.foreach(cards.to(list[BlockerView]), _card), class_name="linked-cards")


def _card(card: Any) -> rx.Component:
    return rx.el.li(
        rx.el.a(
            rx.el.span("#", card["number"], class_name="num"),
            " ",
            card["title"],
            href="/?card=" + card["id"].to(str),
            custom_attrs={"data-show": card["id"]},
        ),
        rx.cond(card["done"], rx.el.span("Done", class_name="badge")),
    )
