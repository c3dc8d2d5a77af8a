"""API tokens in the settings."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kanban_app.services.api_tokens import ApiTokens
from kanban_app.web import wiring
from kanban_app.web.states.tokens import TokensState
from tests.support.fake_services import FakeBoard
from tests.support.headless import Tab


@pytest.fixture
async def tab(tmp_path: Path) -> AsyncIterator[Tab]:
    wiring.connect(FakeBoard(tokens=tmp_path).services)
    async with Tab() as opened:
        yield opened
    wiring.connect(None)


async def test_a_token_is_made_shown_once_and_revoked(tab: Tab, tmp_path: Path) -> None:
    await tab.send(TokensState.load)
    await tab.send(TokensState.create({"token-name": "CI", "token-scope-run": "on"}))
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
    await tab.send(TokensState.create({"token-name": "CI", "token-scope-read": "on"}))
    await tab.send(TokensState.load)
    assert (await tab.state(TokensState)).secret == ""


async def test_what_is_missing_is_said(tab: Tab, tmp_path: Path) -> None:
    await tab.send(TokensState.load)
    await tab.send(TokensState.create({"token-name": "", "token-scope-read": "on"}))
    assert (await tab.state(TokensState)).trouble["code"] == "E-VAL-21"
    await tab.send(TokensState.create({"token-name": "CI", "token-scope-anything": "on"}))
    assert "good for" in (await tab.state(TokensState)).trouble["message"]
    assert ApiTokens(tmp_path).all() == []
    await tab.send(TokensState.create({"token-name": "CI", "token-scope-read": "on"}))
    assert (await tab.state(TokensState)).trouble["code"] == ""


async def test_a_board_without_sign_in_offers_none(tab: Tab) -> None:
    wiring.connect(FakeBoard().services)
    await tab.send(TokensState.load)
    state = await tab.state(TokensState)
    assert not state.offered
    await tab.send(TokensState.create({"token-name": "CI", "token-scope-read": "on"}))
    assert (await tab.state(TokensState)).trouble["code"] == "E-VAL-21"
