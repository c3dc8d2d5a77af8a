"""When the front end is built, and what is kept of it. The builder is a stand-in that writes three files."""

import errno
import re
import shutil
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from kanban_app.errors import StartRefusal
from kanban_app.serving import frontend
from kanban_app.serving.build_failures import cause_in
from kanban_app.serving.fingerprint import build_key, sources_digest
from kanban_app.serving.frontend import build_environment, current_build, run_reflex_export


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with one file of every kind that counts, and of some that do not."""
    for name in (
        "kanban_app/a.py", "kanban_app/web/b.jsx", "kanban_app/notes.md", "kanban_app/__pycache__/a.pyc",
        "assets/icon.svg", "assets/external/b.jsx", "rxconfig.py", "requirements.txt", "reflex.lock/package.json",
        "README.md",
    ):  # fmt: skip
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("1")
    return tmp_path


@pytest.fixture
def built() -> list[Path]:
    return []


@pytest.fixture
def start(root: Path, built: list[Path]) -> Callable[[], Path]:
    """One start of the program; its result is the folder that it serves."""

    def build(folder: Path, _log: Path, _lock: int) -> None:
        built.append(folder)
        for name in ("build/client/index.html", "backend/stateful_pages.json", "routes.json"):
            file = folder / ".web" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(str(len(built)))

    def run() -> Path:
        with current_build(root, print, build) as folder:
            return folder

    return run


def test_an_unchanged_tree_is_built_once(start: Callable[[], Path], built: list[Path]) -> None:
    first = start()
    assert start() == first
    assert len(built) == 1
    assert (first / "build/client/index.html").read_text() == "1"
    assert (first / "backend/stateful_pages.json").exists()
    assert (first / "routes.json").exists()


@pytest.mark.parametrize(
    "name",
    ["kanban_app/a.py", "kanban_app/web/b.jsx", "kanban_app/new.py", "assets/icon.svg", "assets/new.css", "rxconfig.py",
     "requirements.txt", "reflex.lock/package.json"],
)  # fmt: skip
def test_what_the_client_is_made_of_is_built_anew(
    start: Callable[[], Path], built: list[Path], root: Path, name: str
) -> None:
    first = start()
    (root / name).write_text("2")
    assert start() != first
    assert len(built) == 2


@pytest.mark.parametrize(
    "name", ["README.md", "kanban_app/notes.md", "kanban_app/__pycache__/a.pyc", "assets/external/b.jsx"]
)
def test_other_files_do_not_matter(start: Callable[[], Path], built: list[Path], root: Path, name: str) -> None:
    start()
    (root / name).write_text("2")
    start()
    assert len(built) == 1


def test_moving_content_between_files_is_a_change(root: Path) -> None:
    (root / "kanban_app/a.py").write_text("12")
    before = sources_digest(root)
    (root / "kanban_app/a.py").write_text("1")
    (root / "kanban_app/web/b.jsx").write_text("21")
    assert sources_digest(root) != before


def test_a_build_that_completes_the_lock_is_found_at_the_next_start(root: Path) -> None:
    built: list[int] = []

    def build(folder: Path, _log: Path, _lock: int) -> None:
        built.append(1)
        (folder / "reflex.lock/package.json").write_text("completed")
        for name in ("build/client/index.html", "backend/x", "routes.json"):
            (folder / ".web" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / ".web" / name).write_text("")

    for _ in range(2):
        with current_build(root, print, build):
            pass
    assert len(built) == 1


def test_the_last_two_builds_are_kept_and_those_in_use(
    start: Callable[[], Path], root: Path, built: list[Path]
) -> None:
    with ExitStack() as held:
        served = start()
        held.enter_context(current_build(root, print, lambda *_: pytest.fail("no need to build")))
        for number in range(3):
            (root / "kanban_app/a.py").write_text(f"change {number}")
            start()
        assert served.is_dir()
        assert len([path for path in served.parent.iterdir() if path.is_dir()]) == 3
    (root / "kanban_app/a.py").write_text("last")
    start()
    assert not served.exists()
    assert len([path for path in served.parent.iterdir() if path.is_dir()]) == 2


def test_an_interrupted_build_is_no_build(root: Path, start: Callable[[], Path], built: list[Path]) -> None:
    left = root / ".web-dist" / f"unfinished-{build_key(root, sources_digest(root))}"
    left.mkdir(parents=True)
    (left / "index.html").write_text("half")
    start()
    assert len(built) == 1
    assert not left.exists()


def test_a_failed_build_is_refused_in_one_sentence(root: Path, tmp_path: Path) -> None:
    (root / "rxconfig.py").write_text("raise RuntimeError('no such setting')\n")
    log = tmp_path / "build.log"
    with pytest.raises(StartRefusal) as caught, log.open("w") as lock:
        run_reflex_export(root, log, lock.fileno())
    assert str(caught.value) == (
        f"The front end could not be built (RuntimeError: no such setting): {log} tells the rest."
    )


@pytest.mark.parametrize(
    "fault", [OSError(errno.ENOSPC, "No space left on device"), shutil.Error([("a", "b", "no space left on device")])]
)
def test_a_system_that_does_not_allow_it_is_a_refusal(root: Path, fault: OSError) -> None:
    def build(_root: Path, _log: Path, _lock: int) -> None:
        raise fault

    sentence = re.escape(f"The front end could not be built in {root} (no space left on device).")
    with pytest.raises(StartRefusal, match=sentence), current_build(root, print, build):
        pass


def test_a_build_that_leaves_something_out_is_a_refusal(root: Path) -> None:
    with pytest.raises(StartRefusal, match="no such file"), current_build(root, print, lambda *_: None):
        pass


def test_an_npm_that_does_not_answer_is_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\nexec sleep 60\n")
    npm.chmod(0o755)
    monkeypatch.setattr(frontend, "_NPM_LIMIT_S", 0.2)
    monkeypatch.setattr(frontend.sys, "executable", str(tmp_path / "python"))
    with pytest.raises(StartRefusal, match="npm did not tell its registry"):
        build_environment({"PATH": "/usr/bin:/bin"})


@pytest.mark.parametrize(
    ("log", "cause"),
    [
        ("", ""),
        (
            "Compiling\n  File x.py, line 1\n    this is no Python\nSyntaxError: invalid syntax\n",
            "SyntaxError: invalid syntax",
        ),
        (
            "npm error network failed\nnpm error A complete log of this run can be found in: x.log\n",
            "npm error network failed",
        ),
        (
            "Error: \x1b[31mCould not resolve ./x\x1b[0m\n    at file:///a/b.js:12:7)\n────\n",
            "Error: Could not resolve ./x",
        ),
        ("all is well\n══════\n", "all is well"),
        ("ValueError: " + "x" * 500, "ValueError: " + "x" * 147 + "…"),
    ],
)
def test_the_cause_is_the_last_line_that_tells_of_an_error(log: str, cause: str) -> None:
    assert cause_in(log) == cause


def test_a_program_folder_without_a_build_that_cannot_be_written(root: Path) -> None:
    (root / ".web-dist").write_text("in the way")
    with pytest.raises(StartRefusal, match="start once as its owner"), current_build(root, print, lambda *_: None):
        pass


def test_the_builds_environment() -> None:
    environment = build_environment(
        {"PATH": "/usr/bin", "REFLEX_REDIS_URL": "redis://x", "__REFLEX_SKIP_COMPILE": "1", "HOME": "/root"}
    )
    assert environment["REFLEX_USE_NPM"] == "1"
    assert environment["REFLEX_TELEMETRY_ENABLED"] == "false"
    assert "REFLEX_REDIS_URL" not in environment
    assert "__REFLEX_SKIP_COMPILE" not in environment
    assert environment["NPM_CONFIG_REGISTRY"].startswith("http")
    node = subprocess.run(["node", "--version"], env=environment, capture_output=True, text=True, check=True)
    assert node.stdout.startswith("v24.")
    assert build_environment({"NPM_CONFIG_REGISTRY": "http://mine/"})["NPM_CONFIG_REGISTRY"] == "http://mine/"
