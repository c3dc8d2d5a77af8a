"""The import table of the architecture: who may know whom."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGE: Final = "kanban_app"

# What belongs to the settings, the lower first.
SETTINGS: Final = (
    "setting_names",
    "setting_refusals",
    "setting_addresses",
    "setting_numbers",
    "setting_values",
    "config",
    "setting_texts",
    "setting_mistakes",
)
# Part -> parts of ours that it may import, besides itself. `foundation` is settings, errors and words, ASGI types.
FOUNDATION: Final = frozenset({*SETTINGS, "errors", "catalogue", "asgi"})
ALLOWED: Final[dict[str, frozenset[str]]] = {
    "asgi": frozenset(),
    "catalogue": frozenset(),
    "errors": frozenset({"domain", "catalogue"}),
    **{part: frozenset({*SETTINGS[:place], "domain", "errors"}) for place, part in enumerate(SETTINGS)},
    "domain": frozenset(),
    "tac7": FOUNDATION | {"domain"},
    "observing": FOUNDATION,
    "client": FOUNDATION | {"domain", "tac7", "observing"},
    "trigger_service": FOUNDATION | {"domain", "tac7", "observing"},
    "conformance": FOUNDATION | {"domain", "tac7"},
    "store": FOUNDATION | {"domain", "observing"},
    "services": FOUNDATION | {"domain", "store", "tac7", "observing"},
    "api": FOUNDATION | {"domain", "services", "observing"},
    "web": FOUNDATION | {"domain", "services"},
    "runtime": FOUNDATION | {"domain"},
    "serving": FOUNDATION | {"api", "runtime", "observing"},
}
# Put the parts together for the composition root.
ALLOWED["connecting"] = frozenset(ALLOWED)
ALLOWED["assembly"] = frozenset(ALLOWED)
ALLOWED["upkeep"] = frozenset(ALLOWED)
ALLOWED["opening"] = frozenset(ALLOWED)
ALLOWED["token_command"] = frozenset(ALLOWED)
ROOTS: Final = frozenset({"kanban_app", "cli", "__main__"})

# Part -> libraries that it may use besides the standard library. Parts that are not listed may use any but Reflex.
LIBRARIES: Final[dict[str, frozenset[str]]] = {
    "asgi": frozenset(),
    "catalogue": frozenset(),
    "errors": frozenset(),
    **dict.fromkeys(SETTINGS, frozenset({"pydantic", "pydantic_core", "pydantic_settings"})),
    "domain": frozenset(),
    "tac7": frozenset({"pydantic", "pydantic_core"}),
    "runtime": frozenset(),
    "observing": frozenset({"structlog", "prometheus_client"}),
    "client": frozenset({"httpx", "websockets", "structlog"}),
    "conformance": frozenset({"httpx", "websockets"}),
    "trigger_service": frozenset({"fastapi", "starlette", "psutil", "pydantic", "structlog", "watchfiles"}),
    "store": frozenset({"sqlmodel", "sqlalchemy", "alembic", "aiosqlite", "pydantic", "structlog"}),
}
REFLEX_USERS: Final = frozenset({"web", "kanban_app"})
# Pure parts: no clock, no chance, no input or output.
IMPURE: Final = frozenset({"asyncio", "os", "random", "socket", "subprocess", "threading", "time", "urllib", "http"})
PURE: Final = frozenset({"domain"})
WITHOUT_IO: Final = frozenset({"tac7"})


def part_of(module: str) -> str | None:
    """The part of ours that a dotted name belongs to; None for foreign ones and for the bare package."""
    names = module.split(".")
    return names[1] if names[0] == PACKAGE and len(names) > 1 else None


def sources() -> Iterator[tuple[str, Path]]:
    for file in sorted((ROOT / PACKAGE).rglob("*.py")):
        relative = file.relative_to(ROOT / PACKAGE)
        name = relative.parts[0] if len(relative.parts) > 1 else relative.stem
        if name != "__init__":
            yield name, file


def imported(file: Path) -> Iterator[str]:
    """Dotted names that a file imports, at its top or inside a function, also by `import_module("…")`."""
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Import():
                yield from (alias.name for alias in node.names)
            case ast.ImportFrom(module=str() as module, level=0):
                yield from (f"{module}.{alias.name}" for alias in node.names)
            case ast.ImportFrom():
                yield "relative import"
            case ast.Call(args=[ast.Constant(value=str() as module), *_], func=function):
                if "import_module" in ast.unparse(function):
                    yield module
            case _:
                pass


FILES: Final = list(sources())


@pytest.mark.parametrize(("part", "file"), FILES, ids=[str(file.relative_to(ROOT)) for _, file in FILES])
def test_imports_follow_the_table(part: str, file: Path) -> None:
    for name in imported(file):
        assert name != "relative import", f"{file}: imports are absolute here"
        if name.partition(".")[0] == PACKAGE:
            check_own(part, name)
        else:
            check_foreign(part, name.partition(".")[0])


def check_own(part: str, name: str) -> None:
    other = part_of(name)
    if other is None or other == part or name == f"{PACKAGE}.__version__":
        return
    if part in ROOTS:
        assert other not in ROOTS or part == "__main__", f"nobody imports {name}"
        return
    assert part in ALLOWED, f"{part} is not in the import table"
    # `from kanban_app import runtime` names a part, too.
    assert other in ALLOWED[part], f"{part} may not import {name}"


def check_foreign(part: str, library: str) -> None:
    if library == "reflex" or library.startswith("reflex_"):
        assert part in REFLEX_USERS, f"{part} may not import Reflex"
    if part in PURE or part in WITHOUT_IO:
        assert library not in IMPURE - ({"time", "random"} if part in WITHOUT_IO else set()), (
            f"{part} imports {library}"
        )
    if part in LIBRARIES and library not in sys.stdlib_module_names:
        assert library in LIBRARIES[part], f"{part} may not import {library}"


# What programs of ours may use: themselves, and git (but for what the service alone does with it).
PROGRAMS: Final = {"runner": ("runner",), "workflows": ("workflows", "git"), "git": ("git",)}
OF_THE_SERVICE: Final = {"cleanup.py"}


def test_the_programs_of_runs_use_the_standard_library_only() -> None:
    """They run in processes of their own, which must start fast and survive a broken environment."""
    for folder, used in PROGRAMS.items():
        for file in (ROOT / PACKAGE / "trigger_service" / folder).rglob("*.py"):
            if file.name in OF_THE_SERVICE:
                continue
            for name in imported(file):
                top = name.partition(".")[0]
                parts = tuple(f"{PACKAGE}.trigger_service.{part}" for part in used)
                own = name.startswith((*parts, f"{PACKAGE}.domain"))
                assert top in sys.stdlib_module_names or own, f"{file}: {name}"


def test_no_package_hides_alembic() -> None:
    assert not (ROOT / "alembic" / "__init__.py").exists()


def test_the_compiler_can_import_the_composition_root_without_a_launch() -> None:
    """Importing it has no side effect: no launch is set, so nothing is opened."""
    from kanban_app import runtime

    assert runtime.current_launch() is None
