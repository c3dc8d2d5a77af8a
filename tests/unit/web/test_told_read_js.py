"""What of the notifications has been read (`components/told_read.js`), run by the Node that also builds the client."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kanban_app.web import components

MODULE = Path(str(components.__file__)).with_name("told_read.js")
NODE = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")

pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node")


def run(expression: str, tmp_path: Path) -> Any:
    """The value of an expression in which the module is `m`."""
    copy = tmp_path / "told_read.mjs"
    copy.write_text(MODULE.read_text())
    program = f"import * as m from {json.dumps(copy.as_uri())}; console.log(JSON.stringify({expression}));"
    done = subprocess.run(
        [str(NODE), "--input-type=module", "-e", program], capture_output=True, text=True, check=True, timeout=30
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("[3, 4].map((seq) => m.isRead({ upto: 3, flipped: [] }, seq))", [True, False]),
        ("[3, 4].map((seq) => m.isRead({ upto: 3, flipped: [3, 4] }, seq))", [False, True]),
        ("m.toggledRead(m.toggledRead({ upto: 3, flipped: [] }, 2), 2)", {"upto": 3, "flipped": []}),
        ("m.unseenSince({ upto: 9, flipped: [4, 12] })", 3),
        ("m.unseenSince({ upto: 9, flipped: [] })", 9),
        ("m.parsed(JSON.stringify({ upto: 2, flipped: [1, 'x', null] }))", {"upto": 2, "flipped": [1]}),
        ("[null, '', '{}', '[]', '{\"upto\":-1,\"flipped\":[]}', 'null'].map(m.parsed)", [None] * 6),
        ("m.kept([{ seq: 2 }, { seq: 1 }], [{ seq: 3 }, { seq: 2 }], 2)", [{"seq": 3}, {"seq": 2}]),
    ],
)
def test_what_is_read(expression: str, expected: object, tmp_path: Path) -> None:
    assert run(expression, tmp_path) == expected
