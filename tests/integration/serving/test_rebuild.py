"""Real builds, in a copy of the checkout: only when something changed, and never two at once."""

import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.support.app import ROOT, end, launch, run_command, running_app

_COPIED = ("kanban_app", "assets", "alembic", "alembic.ini", "rxconfig.py", "requirements.txt", "reflex.lock")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory, built_client: Path) -> Iterator[Path]:
    """What git has, and the installed JavaScript packages: npm has nothing to fetch."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in (name for name in _COPIED if (ROOT / name).exists()):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "external"))
        else:
            shutil.copy2(ROOT / name, folder / name)
    shutil.copytree(ROOT / ".web", folder / ".web", symlinks=True)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.timeout(600)
def test_builds_happen_when_needed_and_once(checkout: Path, tmp_path: Path) -> None:
    # Two instances at the same time from a checkout without a build.
    first, second = (launch(tmp_path / name, root=checkout) for name in ("a", "b"))
    try:
        for app in (first, second):
            app.wait_until_open()
        assert sum("Building the front end" in app.logs for app in (first, second)) == 1
        assert sum("waiting for it" in app.logs for app in (first, second)) == 1
    finally:
        end(first)
        end(second)

    with running_app(tmp_path / "a", root=checkout) as unchanged:
        assert "Building" not in unchanged.logs

    source = checkout / "kanban_app" / "__init__.py"
    source.write_text(source.read_text() + "\n# changed\n")
    with running_app(tmp_path / "a", root=checkout) as changed:
        assert "Building" in changed.logs

    (checkout / "kanban_app" / "kanban_app.py").write_text("this is no Python\n")
    result = run_command("serve", data_dir=tmp_path / "a", root=checkout)
    assert result.returncode == 2
    *_, sentence = result.stderr.splitlines()
    assert sentence.startswith("The front end could not be built (SyntaxError: ")
    assert sentence.endswith("build.log tells the rest.")
    assert "Traceback" not in result.stderr


def test_a_start_can_be_broken_off_while_it_builds(checkout: Path, tmp_path: Path) -> None:
    source = checkout / "kanban_app" / "kanban_app.py"
    source.write_text("import time\ntime.sleep(60)\n")
    app = launch(tmp_path / "a", root=checkout)
    try:
        assert app.process.stdout
        assert "Building" in app.process.stdout.readline()
        builder = build_of(app.pid)
        assert app.terminate() == 0
        assert "Traceback" not in app.process.stdout.read()
        assert not builder.is_running() or builder.status() == psutil.STATUS_ZOMBIE
    finally:
        end(app)


def build_of(pid: int) -> psutil.Process:
    """The process in which Reflex builds for the board with this pid, once it is there."""
    limit = time.monotonic() + 20
    while True:
        for child in psutil.Process(pid).children():
            with suppress(psutil.Error):  # it may end meanwhile
                if "reflex" in child.cmdline():
                    return child
        assert time.monotonic() < limit, "no build has begun"
        time.sleep(0.05)
