"""How a page asks for the board's health (`health_feed.js`), run by Node."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.node import NODE
from tests.support.page_js import told

pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node")

LOOK = """
const { useHealth, isSignedOut } = await m("health_feed.js");
const GOOD = { data: { health: { series: { points: [] } } } };
const answers = [];
let asked = 0;
let given = () => Promise.reject(new TypeError("no network"));
globalThis.fetch = (url, options) => {
  asked += 1;
  return given(options.signal);
};
const says = (status, body) => () => Promise.resolve({ ok: status === 200, status, json: async () => body });
const health = says(200, GOOD.data);
const refused = says(401, { error: { code: "E-AUTH-1", title: "Sign-in needed" } });
const silent = (signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
const { subscribe, now } = useHealth("plain");
"""


def after(folder: Path, script: str) -> Any:
    return told(folder, LOOK + script)


def test_it_asks_in_turn_while_somebody_looks(tmp_path: Path) -> None:
    script = """
    given = health;
    const leave = subscribe(() => {});
    await pass(4000);
    const meanwhile = asked;
    leave();
    await pass(60_000);
    tell([meanwhile, asked, now().data]);
    """
    assert after(tmp_path, script) == [3, 3, None]


def test_without_a_session_it_asks_when_somebody_looks_again(tmp_path: Path) -> None:
    script = """
    given = health;
    subscribe(() => {});
    await settled();
    given = refused;
    await pass(60_000);
    const out = { asked, isSignedOut: isSignedOut(now().error), kept: now().data !== null };
    given = health;
    document.dispatchEvent(new Event("visibilitychange"));
    await pass(2000);
    tell([out, asked, now().error]);
    """
    assert after(tmp_path, script) == [{"asked": 2, "isSignedOut": True, "kept": True}, 4, None]


def test_a_board_that_does_not_answer_is_asked_again(tmp_path: Path) -> None:
    script = """
    given = silent;
    subscribe(() => {});
    await pass(10_000);
    const out = [asked, now().error?.title, isSignedOut(now().error)];
    given = health;
    await pass(2000);
    tell([...out, asked, now().error]);
    """
    assert after(tmp_path, script) == [1, "The board does not answer", False, 2, None]


def test_a_browser_without_combined_signals_has_answers(tmp_path: Path) -> None:
    script = """
    delete AbortSignal.any;
    delete AbortSignal.timeout;
    given = health;
    subscribe(() => {});
    await settled();
    tell(now().data !== null);
    """
    assert after(tmp_path, script) is True
