"""What a tab can undo and redo (`components/undo_stack.js`), run by the Node that also builds the client."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kanban_app.web import components

MODULE = Path(str(components.__file__)).with_name("undo_stack.js")
NODE = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")

pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node")


def run(expression: str, tmp_path: Path) -> Any:
    """The value of an expression in which the module is `m`, `e` an entry and `ops` shows the ids in stacks."""
    copy = tmp_path / "undo_stack.mjs"
    copy.write_text(MODULE.read_text())
    program = (
        f"import * as m from {json.dumps(copy.as_uri())};"
        "const e = (op) => ({ op, id: `card of ${op}` });"
        "const ops = ({ undo, redo }) => [undo.map((x) => x.op).join(''), redo.map((x) => x.op).join('')];"
        "const three = ['a', 'b', 'c'].reduce((s, op) => m.done(s, e(op)), m.EMPTY);"
        f"console.log(JSON.stringify({expression}));"
    )
    done = subprocess.run(
        [str(NODE), "--input-type=module", "-e", program], capture_output=True, text=True, check=True, timeout=30
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("stacks", "expected"),
    [
        ("three", ["abc", ""]),
        ("m.turned(three, e('c'), false)", ["ab", "c"]),
        ("m.turned(three, e('a'), false)", ["bc", "a"]),
        ("m.turned(m.turned(three, e('c'), false), e('c'), true)", ["abc", ""]),
        ("m.done(m.turned(three, e('c'), false), e('x'))", ["abx", ""]),
        ("m.done(three, e('a'))", ["bca", ""]),
        ("m.forgotten(three, 'b')", ["ac", ""]),
        ("m.forgotten(m.turned(three, e('c'), false), 'c')", ["ab", ""]),
        ("m.read(JSON.stringify(three))", ["abc", ""]),
        ("m.read('')", ["", ""]),
        ("m.read('{\"undo\": 7}')", ["", ""]),
        ('m.read(\'{"undo": [1, null, {"op": "a", "id": "x"}], "redo": []}\')', ["a", ""]),
    ],
)
def test_stacks(stacks: str, expected: list[str], tmp_path: Path) -> None:
    assert run(f"ops({stacks})", tmp_path) == expected


def test_the_oldest_are_forgotten(tmp_path: Path) -> None:
    many = "Array.from({ length: 60 }, (_, n) => n).reduce((s, n) => m.done(s, e(`${n}`)), m.EMPTY)"
    assert run(f"[{many}.undo.length, {many}.undo[0].op]", tmp_path) == [50, "10"]
