"""Figures in words and charts as shapes (`health_figures.js`), run by the Node that builds the client."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.node import COMPONENTS, NODE, JsModule, js_module

pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node")
STEP: Final = 30
BEGIN: Final = 1_700_000_000_000


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JsModule]:
    with js_module("health_figures.js", tmp_path_factory.mktemp("js")) as module:
        yield module


def point(place: int, value: float | None = 1.0, *, connected: bool = True) -> dict[str, Any]:
    at = BEGIN + place * STEP * 1000
    most = None if value is None else value * 2
    counts = {"messages_in_per_s": 0.5, "messages_out_per_s": 0, "queued": place, "active_runs": 0}
    return {"at": at, "latency_ms": value, "latency_max_ms": most, "connected": connected, **counts}


def series(*points: dict[str, Any]) -> dict[str, Any]:
    return {"step_s": STEP, "points": list(points)}


def drawn(expression: str, data: dict[str, Any]) -> Any:
    """The value of an expression with the module as `m` and a series as `s`; functions stay in Node."""
    address = (COMPONENTS / "health_figures.js").read_text()
    program = f"{address.replace('export ', '')}; const s = {json.dumps(data)}; const chart = CHARTS[0];"
    program += "const timeOf = (at) => new Date(at).toISOString().slice(11, 19);"
    program += f"console.log(JSON.stringify({expression}));"
    done = subprocess.run([str(NODE), "-e", program], capture_output=True, text=True, check=True, timeout=30)
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("inMs", None, ""),
        ("inMs", 0, "0 ms"),
        ("inMs", 9.94, "9.9 ms"),
        ("inMs", 12.4, "12 ms"),
        ("inMs", 1098, "1.1 s"),
        ("inMs", 12400, "12.4 s"),
        ("inSeconds", None, ""),
        ("inSeconds", 59, "59 s"),
        ("inSeconds", 3599, "59 min"),
        ("inSeconds", 7260, "2 h 1 min"),
        ("inSeconds", 200000, "2 d 7 h"),
        ("inPercent", 0.99999, "99.9 %"),
        ("inPercent", 1, "100 %"),
        ("inBytes", 999, "999 B"),
        ("inBytes", 1500, "1.5 kB"),
        ("inBytes", 2_500_000, "2.5 MB"),
        ("inBytes", 3e9, "3 GB"),
        ("perSecond", 0, "0/s"),
        ("perSecond", 0.04, "under 0.1/s"),
        ("perSecond", 14.6, "15/s"),
        ("niceTop", 0, 1),
        ("niceTop", 10, 10),
        ("niceTop", 10.1, 20),
        ("niceTop", 0.3, 0.5),
        ("niceTop", 730, 1000),
    ],
)
def test_words(figures: JsModule, name: str, value: float | None, words: object) -> None:
    assert figures.call(name, value) == words


def test_one_and_several(figures: JsModule) -> None:
    assert figures.call("counted", 1, "alert") == "1 alert"
    assert figures.call("counted", 0, "alert") == "0 alerts"


@pytest.mark.parametrize(("points", "minutes"), [(1, 5), (10, 5), (11, 10), (61, 60), (120, 60)])
def test_a_chart_is_as_short_as_what_was_measured(figures: JsModule, points: int, minutes: int) -> None:
    data = series(*(point(place) for place in range(points)))
    span = figures.call("spanOf", data)
    assert span["minutes"] == minutes
    assert span["to"] == BEGIN + points * STEP * 1000
    assert span["to"] - span["from"] == minutes * 60_000


def test_nothing_measured_is_no_stretch_of_time(figures: JsModule) -> None:
    assert figures.call("spanOf", series()) is None


def test_a_line_has_gaps_where_nothing_was_measured(tmp_path: Path) -> None:
    data = series(point(0, 1), point(1, 2), point(2, None), point(3, 4), point(5, 4))
    pieces = drawn("piecesOf(s, spanOf(s), (p) => p.latency_ms, 4)", data)
    assert [len(piece) for piece in pieces] == [2, 1, 1]
    assert [y for piece in pieces for _, y in piece] == [75, 50, 0, 0]
    assert pieces[-1][-1][0] == pytest.approx(95)
    assert drawn("piecesOf(s, spanOf(s), (p) => p.latency_ms, 4).map(pathOf)[1]", data) == "M75.00 0.00L75.00 0.00"


def test_the_time_without_a_connection_is_one_stretch(figures: JsModule) -> None:
    data = series(point(0), point(1, connected=False), point(2, connected=False), point(3), point(4, connected=False))
    away = figures.call("awayOf", data, figures.call("spanOf", data))
    assert [(round(one["x"], 3), round(one["width"], 3)) for one in away] == [(60, 20), (90, 10)]


def test_a_chart_says_what_it_shows() -> None:
    data = series(point(0, 40), point(1, 12))
    summary = drawn("summaryOf(s, chart, timeOf)", data)
    assert summary == "Mean now 12 ms, highest 40 ms at 22:13:20; longest now 24 ms, highest 80 ms at 22:13:20."
    assert drawn("summaryOf(s, CHARTS[3], timeOf)", data) == "Now 0, never more."
    assert drawn("summaryOf(s, chart, timeOf)", series(point(0, None))) == "Nothing was measured yet."
    assert drawn("summaryOf(s, chart, timeOf)", series()) == "Nothing was measured yet."


def test_a_point_says_what_it_was() -> None:
    data = series(point(0, None, connected=False), point(1, 12))
    assert drawn("s.points.map((p) => pointWords(p, chart, timeOf))", data) == [
        "22:13:20: mean not measured, longest not measured, no connection",
        "22:13:50: mean 12 ms, longest 24 ms",
    ]


@pytest.mark.parametrize(("share", "place"), [(0, 0), (0.91, 1), (0.99, 1), (1, 1)])
def test_the_point_under_the_pointer(figures: JsModule, share: float, place: int) -> None:
    data = series(point(0), point(1))
    assert figures.call("nearest", data, figures.call("spanOf", data), share) == place


def test_alerts_by_what_they_ask_of_people(figures: JsModule) -> None:
    alerts = [{"id": n, "state": state} for n, state in enumerate(["cleared", "open", "acknowledged", "open"])]
    found = figures.call("alertsByState", alerts)
    assert [[alert["id"] for alert in some] for some in found] == [[1, 3], [2], [0]]
