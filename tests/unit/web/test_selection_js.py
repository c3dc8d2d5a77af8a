"""Which cards are selected (`components/selection.js`), run by the Node that also builds the client."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kanban_app.web import components

MODULE = Path(str(components.__file__)).with_name("selection.js")
NODE = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")

pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node")


def run(expression: str, tmp_path: Path) -> Any:
    """The value of an expression in which the module is `m` and `columns` are two columns of the board."""
    copy = tmp_path / "selection.mjs"
    copy.write_text(MODULE.read_text())
    program = (
        f"import * as m from {json.dumps(copy.as_uri())};"
        "const columns = [{ id: 'backlog', ids: ['a', 'b', 'c', 'd'] }, { id: 'plan', ids: ['x', 'y'] }];"
        f"console.log(JSON.stringify({expression}));"
    )
    done = subprocess.run(
        [str(NODE), "--input-type=module", "-e", program], capture_output=True, text=True, check=True, timeout=30
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("m.toggled([], 'a')", ["a"]),
        ("m.toggled(['a', 'b'], 'a')", ["b"]),
        ("m.ranged(['b'], 'd', columns)", ["b", "c", "d"]),
        ("m.ranged(['d'], 'b', columns)", ["c", "d", "b"]),
        ("m.ranged(['x', 'b'], 'c', columns)", ["x", "b", "c"]),
        ("m.ranged(['b'], 'y', columns)", ["b", "y"]),
        ("m.ranged([], 'c', columns)", ["c"]),
        ("m.ranged(['gone'], 'c', columns)", ["gone", "c"]),
        ("m.inOrder(['y', 'gone', 'c', 'a'], columns)", ["a", "c", "y"]),
        (r"m.linesOf(' One \r\n\n  Two\rThree\n')", ["One", "Two", "Three"]),
        (r"m.linesOf(' \n ')", []),
    ],
)
def test_selection(tmp_path: Path, expression: str, expected: list[str]) -> None:
    assert run(expression, tmp_path) == expected
