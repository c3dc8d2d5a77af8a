"""The production build of the client: made when what it depends on has changed, kept by content hash, never in place.

Reflex always builds in `.web`; a finished build is copied to `.web-dist/<key>` and renamed into place, so an instance
that serves an older one goes on undisturbed, and a build that was cut short is never taken for a finished one.
"""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from kanban_app.errors import StartRefusal
from kanban_app.serving.build_failures import cause_in, reason_of
from kanban_app.serving.fingerprint import build_key, sources_digest

BUILDS: Final = ".web-dist"
# What the server needs of `.web`, and all of it.
_WORK: Final = ".web"
_SERVED: Final = ("build/client", "backend", "routes.json")
_KEEP: Final = 2
_BUILD_LIMIT_S: Final = 900
_NPM_LIMIT_S: Final = 60

Builder = Callable[[Path, Path, int], None]


@contextmanager
def current_build(root: Path, say: Callable[[str], None], build: Builder | None = None) -> Generator[Path]:
    """The folder of the build that fits the sources, made now if need be; nobody removes it while the block runs.

    Raises `StartRefusal` when there is none and none can be made.
    """
    if not _writable(root / BUILDS):
        yield _ready_made(root)
        return
    try:
        folder, use = _taken(root, say, build or run_reflex_export)
    except OSError as error:
        raise StartRefusal(f"The front end could not be built in {root} ({reason_of(error)}).") from None
    try:
        yield folder
    finally:
        os.close(use)


def _taken(root: Path, say: Callable[[str], None], build: Builder) -> tuple[Path, int]:
    """The folder, and the open file that keeps others from removing it."""
    with _locked(root / BUILDS / "lock", say) as lock:
        folder = _find_or_build(root, say, build, lock)
        os.utime(folder)
        use = _open(folder / "in-use")
        fcntl.flock(use, fcntl.LOCK_SH)
        _remove_old(root / BUILDS)
    return folder, use


def _writable(builds: Path) -> bool:
    try:
        builds.mkdir(exist_ok=True)
    except OSError:
        return False
    return os.access(builds, os.W_OK)


def _ready_made(root: Path) -> Path:
    """For a program folder that this user may only read, as in a container: whoever installed it has built it."""
    folder = root / BUILDS / build_key(root, sources_digest(root))
    if not folder.is_dir():
        raise StartRefusal(f"The front end has to be built, and {root} cannot be written: start once as its owner.")
    return folder


def _find_or_build(root: Path, say: Callable[[str], None], build: Builder, lock: int) -> Path:
    sources = sources_digest(root)
    folder = root / BUILDS / build_key(root, sources)
    if folder.is_dir():
        return folder
    say("Building the front end (about half a minute the first time) …")
    build(root, root / BUILDS / "build.log", lock)
    # The build writes the JavaScript lock back when it had to complete it.
    return _keep(root, build_key(root, sources))


def _keep(root: Path, key: str) -> Path:
    unfinished = root / BUILDS / f"unfinished-{key}"
    shutil.rmtree(unfinished, ignore_errors=True)
    for name in _SERVED:
        source, target = root / _WORK / name, unfinished / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy2(source, target)
    folder = root / BUILDS / key
    unfinished.rename(folder)
    return folder


def run_reflex_export(root: Path, log: Path, lock: int) -> None:
    """Let Reflex compile the pages and npm build them. `lock` is inherited: it is held until the last of them ends."""
    command = [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"]
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command,
            cwd=root,
            env=build_environment(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=(lock,),
            start_new_session=True,
        ) as process,
    ):
        try:
            code = process.wait(_BUILD_LIMIT_S)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()  # an interrupted `with` would wait for a moment only
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            raise StartRefusal(
                f"The front end could not be built within {_BUILD_LIMIT_S // 60} minutes: {log} tells how far it came."
            ) from None
    if code:
        cause = cause_in(log.read_text(errors="replace"))
        raise StartRefusal(f"The front end could not be built{f' ({cause})' if cause else ''}: {log} tells the rest.")
    _tidy(root / "reflex.lock" / "package.json")


def _tidy(package: Path) -> None:
    """One form for the same content: the order depends on which packages a build had to add, and the file is in git."""
    if package.exists():
        package.write_text(json.dumps(json.loads(package.read_text()), indent=2, sort_keys=True) + "\n")


def build_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of a build: Node of our own packages, no telemetry, nothing of the user's Reflex settings."""
    environment = {name: value for name, value in environ.items() if not name.lstrip("_").startswith("REFLEX_")}
    tools = Path(sys.executable).parent
    environment |= {
        "PATH": f"{tools}{os.pathsep}{environ.get('PATH', os.defpath)}",
        "REFLEX_USE_NPM": "1",
        "REFLEX_TELEMETRY_ENABLED": "false",
        "REFLEX_CHECK_LATEST_VERSION": "false",
        "NO_COLOR": "1",
        "TERM": "dumb",
        "CI": "true",
    }
    # Without an answer to these Reflex measures the speed of public mirrors, and npm gives up at the first hiccup.
    environment.setdefault("NPM_CONFIG_REGISTRY", _npm_registry(environment))
    environment.setdefault("NPM_CONFIG_FETCH_RETRIES", "2")
    # Whether the JavaScript lock names the registry must not depend on who builds.
    environment["NPM_CONFIG_OMIT_LOCKFILE_REGISTRY_RESOLVED"] = "true"
    return environment


def _npm_registry(environment: Mapping[str, str]) -> str:
    """What npm itself would use, the user's own npm settings included."""
    default = "https://registry.npmjs.org/"
    npm = shutil.which("npm", path=environment["PATH"])
    if npm is None:
        return default
    command = [npm, "config", "get", "registry"]
    try:
        answer = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=_NPM_LIMIT_S
        )
    except subprocess.TimeoutExpired:
        raise StartRefusal(
            f"The front end could not be built: npm did not tell its registry within {_NPM_LIMIT_S} s; "
            "set NPM_CONFIG_REGISTRY, or look at the user's npm settings."
        ) from None
    address = answer.stdout.strip()
    return address if address.startswith("http") else default


def _remove_old(builds: Path) -> None:
    """All but the newest builds and those that an instance serves; also what an interrupted build left behind."""
    for folder in builds.glob("unfinished-*"):
        shutil.rmtree(folder, ignore_errors=True)
    folders = sorted((path for path in builds.iterdir() if path.is_dir()), key=lambda path: -path.stat().st_mtime)
    for folder in folders[_KEEP:]:
        if not _in_use(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _in_use(folder: Path) -> bool:
    descriptor = _open(folder / "in-use")
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


@contextmanager
def _locked(path: Path, say: Callable[[str], None]) -> Generator[int]:
    descriptor = _open(path)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("Another start is building the front end; waiting for it …")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
