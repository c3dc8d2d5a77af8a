"""What looks like a secret, or is a known one, does not stand in a text."""

import json
from urllib.parse import quote

import pytest

from kanban_app.observing.masking import KNOWN_LIMIT, MASK, KnownSecrets, masked, masked_fields

SECRET = "Zx9-hush_hush.77"


@pytest.mark.parametrize(
    "text",
    [
        f"GET /?token={SECRET} HTTP/1.1",
        f"Authorization: Bearer {SECRET}",
        f"authorization=Basic {SECRET}",
        f"Cookie: kanban={SECRET}; other={SECRET}",
        f"set-cookie: kanban={SECRET}; HttpOnly",
        f"[(b'cookie', b'kanban={SECRET}'), (b'host', b'x')]",
        f"[(b'authorization', b'Bearer {SECRET}')]",
        f"('Authorization', 'Bearer {SECRET}')",
        json.dumps({"password": SECRET}),
        json.dumps(json.dumps({"api_key": SECRET})),
        repr({"X-Api-Key": SECRET}),
        f"client_secret: {SECRET}",
        f"POST /r/{SECRET.replace('.', '_')}/api/reports",
        f"ws://host/ws/trigger?x=1&token={SECRET}",
    ],
)
def test_what_looks_like_a_secret(text: str) -> None:
    assert "hush" not in masked(text)
    assert MASK in masked(text)


@pytest.mark.parametrize(
    "text",
    [
        "the token is not valid",
        "12 tokens, 3 secrets",
        "input_tokens=1234",
        "run 1a2b3c4d could not be started: [Errno 2] No such file or directory: '/r/x'",
        "GET /api/v1/tasks?limit=20",
        "X_TOKEN=\nNEXT_LINE=harmless",
    ],
)
def test_what_is_none_stays(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize("secret", ['quote"and\\back', "a+b/c=d&e", "plain-token-1234", "über~geheim"])
def test_known_secrets_in_every_form(secret: str) -> None:
    known = KnownSecrets()
    known.add(secret)
    forms = [secret, quote(secret), quote(secret, safe=""), json.dumps(secret), repr(secret), json.dumps([secret])]
    forms.append(json.dumps({"line": json.dumps({"x": secret})}))
    for form in forms:
        assert known.mask(f"before {form} after").count(MASK) == 1, form
        assert secret not in known.mask(form)


def test_json_stays_json() -> None:
    known = KnownSecrets()
    known.add('a"b\\c-secret')
    line = json.dumps({"event": 'said a"b\\c-secret', "n": 1})
    assert json.loads(known.mask(line)) == {"event": f"said {MASK}", "n": 1}


def test_known_secrets_are_bounded_and_the_newest_stay() -> None:
    known = KnownSecrets()
    for number in range(KNOWN_LIMIT + 10):
        known.add(f"secret-{number:05}")
    assert known.mask("secret-00000") == "secret-00000"
    assert known.mask(f"secret-{KNOWN_LIMIT + 9:05}") == MASK


def test_nothing_short_is_masked_everywhere() -> None:
    known = KnownSecrets()
    known.add("abc", "", None)
    assert known.mask("abc") == "abc"


def test_fields_by_their_names() -> None:
    fields = {
        "token": 12345,
        "access_token": b"x",
        "headers": {"Cookie": ["a=b"], "host": "here"},
        "tac7_token": None,
        "tokens": 7,
        "items": [{"password": "x"}, {"fine": "y"}],
    }
    shown = masked_fields(fields)
    assert shown["token"] == shown["access_token"] == MASK
    assert shown["headers"] == {"Cookie": MASK, "host": "here"}
    assert shown["tac7_token"] is None
    assert shown["tokens"] == 7
    assert shown["items"] == [{"password": MASK}, {"fine": "y"}]


def test_what_holds_itself_has_an_end() -> None:
    fields: dict[str, object] = {"name": "x"}
    fields["inner"] = fields
    assert MASK in str(masked_fields(fields))
