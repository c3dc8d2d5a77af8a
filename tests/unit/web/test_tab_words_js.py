"""What the tab says in its title and on its icon (`components/tab_words.js`), run by Node."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from kanban_app.web import components

MODULE = Path(str(components.__file__)).with_name("tab_words.js")
NODE = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")

pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node")


def run(expression: str, tmp_path: Path) -> Any:
    """The value of an expression in which the module is `m`."""
    copy = tmp_path / "tab_words.mjs"
    copy.write_text(MODULE.read_text())
    program = f"import * as m from {json.dumps(copy.as_uri())}; console.log(JSON.stringify({expression}));"
    done = subprocess.run(
        [str(NODE), "--input-type=module", "-e", program], capture_output=True, text=True, check=True, timeout=30
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("running", "failed", "title"),
    [
        (0, 0, "Board"),
        (5, 0, "5 running · Kanban"),
        (0, 1, "(1 failed) Kanban"),
        (5, 2, "(2 failed) 5 running · Kanban"),
    ],
)
def test_the_title(running: int, failed: int, title: str, tmp_path: Path) -> None:
    assert run(f"m.titleOf({{ running: {running}, failed: {failed} }}, 'Board')", tmp_path) == title


@pytest.mark.parametrize(("running", "failed", "sign"), [(5, 0, "#1b9a63"), (5, 2, ">2</text>"), (0, 10, ">9+</text>")])
def test_the_icon(running: int, failed: int, sign: str, tmp_path: Path) -> None:
    icon = run(f"m.iconOf({{ running: {running}, failed: {failed} }})", tmp_path)
    assert icon.startswith("data:image/svg+xml,")
    assert sign in unquote(icon)


def test_the_plain_icon_stays_where_nothing_is_going_on(tmp_path: Path) -> None:
    assert run("m.iconOf({ running: 0, failed: 0 })", tmp_path) is None
