"""API tokens in the settings."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kanban_app.services.api_tokens import ApiTokens
from kanban_app.web import wiring
from kanban_app.web.states.tokens import TokensState
from tests.support.fake_services import FakeBoard
from tests.support.headless import Tab


def form(name: str, scope: str, op: int = 1) -> dict[str, str]:
    """The form as a page sends it."""
    return {"op_id": f"page-{op}", "token-name": name, f"token-scope-{scope}": "on"}


@pytest.fixture
async def tab(tmp_path: Path) -> AsyncIterator[Tab]:
    wiring.connect(FakeBoard(tokens=tmp_path).services)
    async with Tab() as opened:
        yield opened
    wiring.connect(None)


async def test_a_token_is_made_shown_once_and_revoked(tab: Tab, tmp_path: Path) -> None:
    await tab.send(TokensState.load)
    await tab.send(TokensState.create(form("CI", "run")))
    state = await tab.state(TokensState)
    secret = state.secret
    found = ApiTokens(tmp_path).find(secret)
    assert found is not None
    assert (found.name, set(found.scopes)) == ("CI", {"run"})
    assert [(row["name"], row["scopes"], row["last_used_at"]) for row in state.rows] == [("CI", "run", 0)]

    await tab.send(TokensState.forget)
    assert (await tab.state(TokensState)).secret == ""
    await tab.send(TokensState.ask(found.id))
    assert (await tab.state(TokensState)).asking == found.id
    await tab.send(TokensState.revoke(found.id))
    assert (await tab.state(TokensState)).rows == []
    assert ApiTokens(tmp_path).find(secret) is None


async def test_a_new_look_at_the_page_shows_no_secret(tab: Tab) -> None:
    await tab.send(TokensState.create(form("CI", "read")))
    await tab.send(TokensState.load)
    assert (await tab.state(TokensState)).secret == ""


async def test_a_form_that_comes_again_makes_no_second_token_and_leaves_the_first_one_to_be_copied(
    tab: Tab, tmp_path: Path
) -> None:
    for _ in range(2):
        await tab.send(TokensState.create(form("CI", "read")))
    state = await tab.state(TokensState)
    assert (state.refusal["code"], state.answered, state.made) == ("", "page-1", "page-1")
    assert ApiTokens(tmp_path).find(state.secret) is not None
    await tab.send(TokensState.load)
    await tab.send(TokensState.create(form("CI", "read")))
    assert [token.name for token in ApiTokens(tmp_path).all()] == ["CI"]
    assert (await tab.state(TokensState)).refusal["code"] == ""
    await tab.send(TokensState.create(form("Other", "read", op=2)))
    assert [token.name for token in ApiTokens(tmp_path).all()] == ["CI", "Other"]


async def test_a_form_that_does_not_say_which_it_is_is_refused(tab: Tab, tmp_path: Path) -> None:
    await tab.send(TokensState.create({"token-name": "CI", "token-scope-read": "on"}))
    assert (await tab.state(TokensState)).refusal["code"] == "E-VAL-8"
    assert ApiTokens(tmp_path).all() == []


async def test_what_is_missing_is_said(tab: Tab, tmp_path: Path) -> None:
    await tab.send(TokensState.load)
    await tab.send(TokensState.create(form("", "read")))
    assert (await tab.state(TokensState)).refusal["code"] == "E-VAL-21"
    await tab.send(TokensState.create(form("CI", "anything")))
    await tab.send(TokensState.load)
    assert "good for" in (await tab.state(TokensState)).refusal["message"], "also where the form is filled after it"
    assert ApiTokens(tmp_path).all() == []
    await tab.send(TokensState.create(form("CI", "read")))
    assert (await tab.state(TokensState)).refusal["code"] == ""


async def test_a_board_without_sign_in_offers_none(tab: Tab) -> None:
    wiring.connect(FakeBoard().services)
    await tab.send(TokensState.load)
    state = await tab.state(TokensState)
    assert not state.offered
    await tab.send(TokensState.create(form("CI", "read")))
    assert (await tab.state(TokensState)).refusal["code"] == "E-VAL-21"
