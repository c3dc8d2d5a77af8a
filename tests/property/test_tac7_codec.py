"""Nothing that the other side sends may raise."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kanban_app.services.translate import translate
from kanban_app.tac7.client_faults import ClientFault
from kanban_app.tac7.client_session import ClientSession
from kanban_app.tac7.codec import Unknown, Unreadable, decode_client, decode_server, encode, parse_time
from kanban_app.tac7.messages import CLIENT_TYPES, SERVER_MODELS
from kanban_app.tac7.reading import normalise_log, percent, stage_from_step, tool_failed
from kanban_app.tac7.server_messages import WorkflowLogData
from kanban_app.tac7.service_session import ServiceSession

AT = datetime(2026, 11, 22, tzinfo=UTC)
TYPES = sorted({*SERVER_MODELS, *CLIENT_TYPES})
FIELDS = sorted(
    {
        *("adw_id", "status", "message", "timestamp", "progress_percent", "current_step", "level", "seq", "data", "id"),
        *("title", "session_id", "workflow_type", "stages", "config", "issue_json", "error_type", "connection_id"),
        *(
            "client_timestamp",
            "extensions",
            "request_id",
            "since",
            "journal",
            "last",
            "replaying",
            "type",
            "old_adw_id",
        ),
    }
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=[])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), VALUES, max_size=8)
FRAMES = st.builds(
    lambda top, kind, data: json.dumps({**top, "type": kind, "data": data}),
    OBJECTS,
    st.sampled_from(TYPES),
    OBJECTS | VALUES,
)
TEXTS = st.text(st.characters(exclude_categories=[])) | VALUES.map(json.dumps) | FRAMES


@given(TEXTS)
def test_what_a_service_sends_never_raises_and_can_be_written_again(text: str) -> None:
    message = decode_server(text)
    if not isinstance(message, Unknown | Unreadable):
        again = decode_server(encode(message))
        assert again == message


@given(TEXTS)
def test_what_a_client_sends_never_raises_and_can_be_answered(text: str) -> None:
    message = decode_client(text, AT)
    assert encode(message.reply if isinstance(message, ClientFault) else message).encode()


@given(st.lists(TEXTS, max_size=6))
def test_the_sessions_survive_everything(texts: list[str]) -> None:
    client, service = ClientSession("s"), ServiceSession("c")
    client.opened(0.0)
    for number, text in enumerate(texts):
        client.receive(text, float(number), AT)
        service.receive(text, float(number), AT)
        client.tick(float(number))
        client.events()
        client.outgoing()
    client.lost()


@given(VALUES)
def test_times_of_any_kind(value: object) -> None:
    moment = parse_time(value)
    assert moment is None or moment.tzinfo is not None


@given(st.text(), st.text())
def test_reading_takes_any_words(one: str, two: str) -> None:
    data = WorkflowLogData(level=one, message=two)
    assert normalise_log(data)[1] in {one, two}
    stage_from_step(one)


@given(OBJECTS)
def test_reading_takes_any_tool_report(data: dict[str, object]) -> None:
    message = decode_server(json.dumps({"type": "tool_use_post", "data": data}))
    if not isinstance(message, Unknown | Unreadable) and message.type == "tool_use_post":
        tool_failed(message.data)


@given(st.none() | st.integers())
def test_percentages(value: int | None) -> None:
    shown = percent(value)
    assert shown is None or 0 <= shown <= 100


NESTED = st.builds(
    lambda opening, depth, closing: opening * depth + closing * depth,
    st.sampled_from(["[", '{"a":', '{"type":"pong","data":[']),
    st.sampled_from([1, 60, 900, 5000, 100_000]),
    st.sampled_from(["", "]", "}"]),
)
NUMBERS = st.sampled_from(["1e999", "-1e999", "NaN", "Infinity", "9" * 5000, "-0", "1e-400", "0x10", "1_000"])
ODD_NUMBERS = st.builds(
    lambda kind, field, number: f'{{"type":"{kind}","data":{{"adw_id":"a","{field}":{number}}},"seq":{number}}}',
    st.sampled_from(TYPES),
    st.sampled_from(FIELDS),
    NUMBERS,
)
DOUBLED = st.builds(
    lambda kind, first, second: f'{{"type":"{kind}","data":{json.dumps(first)},"data":{json.dumps(second)}}}',
    st.sampled_from(TYPES),
    VALUES,
    OBJECTS,
)
SURROGATES = st.sampled_from(['"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\\ufeff"', '"\u2028"']).map(
    lambda text: f'{{"type":"workflow_log","data":{{"adw_id":{text},"message":{text},"level":{text}}}}}'
)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A valid frame with a part cut out, doubled or replaced."""
    text = draw(FRAMES)
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, len(text)))
    put = draw(st.sampled_from(["", text[start:end] * 2, "\x00", '"', "}", "\ud800", "\N{BYTE ORDER MARK}"]))
    return text[:start] + put + text[end:]


WILD = NESTED | ODD_NUMBERS | DOUBLED | SURROGATES | damaged()


def survives(text: str) -> None:
    """Decoding gives a message or one of the documented faults, at both ends; what it gives can be used and sent."""
    message = decode_server(text)
    if not isinstance(message, Unknown | Unreadable):
        assert decode_server(encode(message)) == message
        meaning = translate(message, AT, None)
        assert meaning.line is None or meaning.line.adw_id
    request = decode_client(text, AT)
    assert encode(request.reply if isinstance(request, ClientFault) else request).encode()


@given(WILD)
def test_wild_texts(text: str) -> None:
    survives(text)


@pytest.mark.long
@pytest.mark.timeout(3600)
@settings(max_examples=50_000, deadline=None)
@given(WILD | TEXTS)
def test_many_wild_texts(text: str) -> None:
    survives(text)


@pytest.mark.long
@pytest.mark.timeout(3600)
@settings(max_examples=5_000, deadline=None)
@given(st.lists(WILD | TEXTS, max_size=40))
def test_sessions_survive_many_wild_texts(texts: list[str]) -> None:
    test_the_sessions_survive_everything.hypothesis.inner_test(texts)  # pyright: ignore[reportFunctionMemberAccess]
