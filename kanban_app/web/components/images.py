"""The images of a card: in its panel, in its form, and their count on its face."""

from typing import Any

import reflex as rx

from kanban_app.services.view_shapes import ImageView
from kanban_app.web.components import icons
from kanban_app.web.components.assets import IMAGES


class CardImages(rx.Component):
    """The images of a card, to look at, add, remove and rename; every change counts at once."""

    library = IMAGES
    tag = "CardImages"

    card_id: rx.Var[str]
    images: rx.Var[list[ImageView]]


class ImageField(rx.Component):
    """The images of a card in its form, which sends as `name` what to add and to remove."""

    library = IMAGES
    tag = "ImageField"

    name: rx.Var[str]
    card_id: rx.Var[str]
    images: rx.Var[list[ImageView]]


def image_count(item: Any) -> rx.Component:
    """How many images a card has, where it has any."""
    count = item["images"]
    words = rx.cond(count == 1, "1 image", count.to(str) + " images")
    return rx.cond(
        count > 0,
        rx.el.span(
            icons.image(),
            rx.el.span(count, class_name="num", aria_hidden="true"),
            rx.el.span(words, class_name="hidden"),
            title=words,
            class_name="image-count",
        ),
    )
