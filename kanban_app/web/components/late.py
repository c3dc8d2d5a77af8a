"""Parts of the page whose code comes after that of the page, so that the page itself is there sooner."""

from typing import Any

import reflex as rx
from reflex.utils.imports import ImportVar, ParsedImportDict, merge_imports

from kanban_app.web.components.assets import LATE


class _LatePart(rx.NoSSRComponent):
    """A memo component in whose place its children stand until its code is there.

    `wanted`: somebody waits for it. It is fetched at once then, and if that fails they are told. `within`: the id of
    the popup in which it stands; it is wanted while that is open. `needed`: there is nothing else where it stands; if
    it cannot be fetched, that is said in its place, under this name, and nowhere else.
    """

    wanted: rx.Var[bool]
    within: rx.Var[str]
    needed: rx.Var[str]

    turn: str = ""

    def _exclude_props(self) -> list[str]:
        return ["turn"]

    def _get_imports(self) -> ParsedImportDict:
        return merge_imports(super()._get_imports(), {LATE: [ImportVar(tag="later")]})

    def _get_dynamic_imports(self) -> str:
        load = f"() => import('{self.library}').then((code) => code.{self.tag})"
        return f'const {self.tag} = later({load}, "{self.turn}")'


def late(
    part: rx.Component,
    *placeholder: rx.Component,
    wanted: Any = False,
    within: str = "",
    needed: str = "",
    turn: str = "in quiet",
) -> rx.Component:
    """A memo component without arguments that comes in its `turn`: "first", with the page; "next", after those;
    "in quiet", when nothing else is to be done.
    """
    made: Any = type(
        f"Late{part.tag}", (_LatePart,), {"library": part.library, "tag": part.tag, "__module__": __name__}
    )
    return made.create(*placeholder, wanted=wanted, within=within, needed=needed, turn=turn)
