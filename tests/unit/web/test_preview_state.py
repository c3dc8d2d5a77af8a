from typing import Any, Final

import pytest

from kanban_app.domain.cards import TEXT_LIMIT
from kanban_app.web.states.preview import NO_LOOK, PreviewState, TextLook
from tests.support.fake_services import FakeBoard
from tests.support.headless import Tab

ASKED: Final = "00000000-0000-4000-8000-000000000001"
SHOW: Final[Any] = PreviewState.show  # Reflex types calls with up to four arguments


async def look(tab: Tab, text: object, asked: object = ASKED) -> TextLook:
    await tab.send(SHOW(asked, text))
    assert tab.errors == []
    return (await tab.state(PreviewState)).look


async def test_a_preview_answers_what_was_asked(tab: Tab, board: FakeBoard):
    shown = await look(tab, "*a*\r\n<script>b</script>")
    assert (shown["asked"], shown["error"]["code"]) == (ASKED, "")
    assert shown["html"] == "<p><em>a</em><br>\n&lt;script&gt;b&lt;/script&gt;</p>\n"
    assert board.services.markdown.ready("*a*\n<script>b</script>") == shown["html"]


@pytest.mark.parametrize(("length", "code"), [(TEXT_LIMIT, ""), (TEXT_LIMIT + 1, "E-VAL-17"), (100_001, "E-VAL-8")])
async def test_the_limit_is_that_of_a_card(tab: Tab, board: FakeBoard, length: int, code: str):
    shown = await look(tab, "x" * length)
    assert (shown["error"]["code"], bool(shown["html"])) == (code, not code)


@pytest.mark.parametrize("text", [7, ["*a*"], {"a": 1}])
async def test_what_is_no_text_is_an_error(tab: Tab, board: FakeBoard, text: object):
    assert (await look(tab, text))["error"]["code"] == "E-VAL-8"


async def test_half_a_character_is_left_out_as_it_is_when_saved(tab: Tab, board: FakeBoard):
    assert (await look(tab, "a\ud800\x00b"))["html"] == "<p>ab</p>\n"


async def test_a_question_of_another_form_is_not_repeated(tab: Tab, board: FakeBoard):
    assert (await look(tab, "a", "<script>"))["asked"] == ""


async def test_a_closed_preview_leaves_nothing_behind(tab: Tab, board: FakeBoard):
    await look(tab, "a")
    await tab.send(PreviewState.forget())
    assert (await tab.state(PreviewState)).look == NO_LOOK
