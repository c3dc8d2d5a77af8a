"""Which keys wait for the palette (`early_keys.js`), run by Node."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.node import NODE
from tests.support.page_js import told

pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node")

PRESS = """
const { holdKeys, takeHeld } = await m("early_keys.js");
let escapes = 0;
const press = (key, more = {}) => {
  const event = Object.assign(new Event("keydown", { cancelable: true }), { key, ...more });
  window.dispatchEvent(event);
  return event.defaultPrevented;
};
const end = holdKeys(() => (escapes += 1));
"""


def after(folder: Path, script: str) -> Any:
    return told(folder, PRESS + script)


def test_what_is_typed_waits(tmp_path: Path) -> None:
    script = """
    const held = ["n", "x", "Backspace", " ", "é", "Enter", "Escape"].map((key) => press(key));
    tell({ held, text: takeHeld(), again: takeHeld(), escapes });
    """
    assert after(tmp_path, script) == {"held": [True] * 7, "text": "n é", "again": "", "escapes": 1}


@pytest.mark.parametrize("key", ["F5", "F12", "Tab", "ArrowDown", "PageUp", "Home", "ContextMenu", "Delete"])
def test_keys_of_the_browser_stay_with_it(tmp_path: Path, key: str) -> None:
    assert after(tmp_path, f"tell([press('{key}'), press('r', {{ ctrlKey: true }}), takeHeld()])") == [False, False, ""]


@pytest.mark.parametrize(
    "what",
    ["await pass(5000)", "window.dispatchEvent(new Event('pointerdown'))", "end()"],
    ids=["time", "press", "end"],
)
def test_it_ends(tmp_path: Path, what: str) -> None:
    script = f"const before = press('n'); {what}; tell([before, press('m'), takeHeld()])"
    assert after(tmp_path, script) == [True, False, "n"]
