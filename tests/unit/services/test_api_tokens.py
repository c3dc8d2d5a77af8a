"""Where API tokens are kept: hashed, bounded, only for the owner, and never half."""

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kanban_app.domain.access import MOST_TOKENS, Scope, as_written, granted
from kanban_app.errors import BoardError
from kanban_app.services.api_tokens import FILE, USED_FILE, ApiTokens

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def tokens(tmp_path: Path) -> ApiTokens:
    return ApiTokens(tmp_path)


def test_the_token_itself_is_nowhere_but_in_the_answer(tokens: ApiTokens, tmp_path: Path) -> None:
    token, secret = tokens.create("  a\nscript ", ["write"], NOW)
    assert token.name == "a script"
    assert len(secret) > 40
    assert secret not in (tmp_path / FILE).read_text()
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert ApiTokens(tmp_path).find(secret) == token
    assert tokens.find(secret[:-1]) is None
    assert tokens.find("") is None
    assert tokens.find("\ud800") is None


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "\x00"])
def test_a_name_is_needed(tokens: ApiTokens, name: str) -> None:
    with pytest.raises(BoardError, match="E-VAL-21"):
        tokens.create(name, ["read"])


@pytest.mark.parametrize("scopes", [[], ["everything"], ["read", ""]])
def test_so_is_what_it_is_good_for(tokens: ApiTokens, scopes: list[str]) -> None:
    with pytest.raises(BoardError, match="Choose what it is good for"):
        tokens.create("x", scopes)


def test_names_are_told_apart_and_there_is_an_end(tokens: ApiTokens) -> None:
    for number in range(MOST_TOKENS):
        tokens.create(str(number), ["read"])
    with pytest.raises(BoardError, match="There can be 100"):
        tokens.create("one more", ["read"])
    tokens.revoke(tokens.all()[0].id)
    with pytest.raises(BoardError, match="of this name"):
        tokens.create("5", ["read"])


def test_two_who_change_them_do_not_undo_each_other(tmp_path: Path) -> None:
    one, other = ApiTokens(tmp_path), ApiTokens(tmp_path)
    first, _ = one.create("first", ["read"])
    second, _ = other.create("second", ["read"])
    one.revoke(first.id)
    assert [token.id for token in other.all()] == [second.id]
    assert one.revoke(first.id) is None
    assert not other.holds(first)
    assert other.holds(second)


def test_the_last_use_is_kept_to_the_minute(tokens: ApiTokens, tmp_path: Path) -> None:
    token, _ = tokens.create("used", ["read"])
    assert tokens.is_news(token, NOW)
    tokens.note_use()
    assert not tokens.is_news(token, NOW + timedelta(seconds=59))
    assert tokens.is_news(token, NOW + timedelta(seconds=60))
    assert [known.last_used_at for known in ApiTokens(tmp_path).all()] == [NOW]
    tokens.revoke(token.id)
    tokens.note_use()
    assert json.loads((tmp_path / USED_FILE).read_text()) == {}


@pytest.mark.parametrize("content", ["", "{", "[1]", '[{"id": "x"}]', '{"a": 1}', "7"])
def test_a_damaged_file_opens_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    (tmp_path / USED_FILE).write_text(content)
    assert ApiTokens(tmp_path).all() == []
    assert ApiTokens(tmp_path).find("x") is None


def test_a_folder_that_cannot_be_written_is_an_error_with_words(tmp_path: Path) -> None:
    with pytest.raises(BoardError, match="E-SYS-12"):
        ApiTokens(tmp_path / "gone").create("x", ["read"])
    ApiTokens(tmp_path / "gone").note_use()


def test_what_scopes_include() -> None:
    assert granted(frozenset({Scope.WRITE})) == {Scope.WRITE, Scope.READ}
    assert granted(frozenset({Scope.RUN})) == {Scope.RUN, Scope.READ}
    assert granted(frozenset({Scope.ADMIN})) == set(Scope)
    assert granted(frozenset()) == set()
    assert as_written(frozenset({Scope.RUN, Scope.READ})) == "read, run"
