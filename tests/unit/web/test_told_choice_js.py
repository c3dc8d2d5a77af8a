"""What a browser tells of and by which tab (`components/told_choice.js`), run by Node."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kanban_app.web import components

MODULE = Path(str(components.__file__)).with_name("told_choice.js")
NODE = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")

pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node")


def run(expression: str, tmp_path: Path) -> Any:
    """The value of an expression in which the module is `m`."""
    copy = tmp_path / "told_choice.mjs"
    copy.write_text(MODULE.read_text())
    program = f"import * as m from {json.dumps(copy.as_uri())}; console.log(JSON.stringify({expression}));"
    done = subprocess.run(
        [str(NODE), "--input-type=module", "-e", program], capture_output=True, text=True, check=True, timeout=30
    )
    return json.loads(done.stdout)


NOTHING = {"note": [], "sound": [], "volume": 0.5}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("[null, '', 'null', '[]', '{}', '{\"volume\": 7, \"note\": \"failed\"}'].map(m.waysOf)", [NOTHING] * 6),
        (
            "m.waysOf(JSON.stringify({ note: ['stuck', 'failed', 'gossip'], sound: ['finished'], volume: 0 }))",
            {"note": ["failed", "stuck"], "sound": ["finished"], "volume": 0},
        ),
        ("m.withChoice(m.NO_WAYS, 'note', 'stuck', true)", {**NOTHING, "note": ["stuck"]}),
        ("m.withChoice(m.withChoice(m.NO_WAYS, 'note', 'stuck', true), 'note', 'stuck', false)", NOTHING),
        ("m.claimed(null, [{ seq: 1, at: 5 }]).fresh", [{"seq": 1, "at": 5}]),
        ("m.claimed(JSON.stringify(m.claimed(null, [{ seq: 1, at: 5 }]).done), [{ seq: 1, at: 5 }]).fresh", []),
        ("m.claimed('[\"1@5\"]', [{ seq: 1, at: 9 }]).fresh", [{"seq": 1, "at": 9}]),
        ("m.claimed('broken', []).done", []),
    ],
)
def test_what_is_told_by_whom(expression: str, expected: object, tmp_path: Path) -> None:
    assert run(expression, tmp_path) == expected
