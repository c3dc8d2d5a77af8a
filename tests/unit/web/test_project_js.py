"""How the browser tells projects apart (`components/project.js`), run by Node."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kanban_app.web import components

MODULE = Path(str(components.__file__)).with_name("project.js")
NODE = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")

pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node")


def run(address: str, expression: str, tmp_path: Path) -> Any:
    """The value of an expression in which the module is `m`, on a page of this address."""
    copy = tmp_path / "project.mjs"
    copy.write_text(MODULE.read_text())
    program = f"""
        globalThis.location = {{ pathname: {json.dumps(address)} }};
        const m = await import({json.dumps(copy.as_uri())});
        console.log(JSON.stringify({expression}));
    """
    done = subprocess.run(
        [str(NODE), "--input-type=module", "-e", program], capture_output=True, text=True, check=True, timeout=30
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("address", "path", "key"),
    [
        ("/", "/api", "k"),
        ("/settings/", "/api", "k"),
        ("/p/default/", "/p/default/api", "k"),
        ("/p/shop/", "/p/shop/api", "k /p/shop"),
        ("/p/shop/settings/", "/p/shop/api", "k /p/shop"),
        ("/p/", "/api", "k"),
    ],
)
def test_each_project_has_its_addresses_and_its_place_in_the_browser(
    address: str, path: str, key: str, tmp_path: Path
) -> None:
    assert run(address, '[m.inProject("/api"), m.keyInProject("k")]', tmp_path) == [path, key]
