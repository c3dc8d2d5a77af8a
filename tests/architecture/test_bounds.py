"""Every queue and every cache is bounded, and docs/operations.md says by what and what happens then.

Found in the code: whatever is made of the types and decorators below, and every constant named `…LIMIT`,
`…KEPT` or `MOST`. One that is
not in the tables fails here, and so does a row whose thing is gone.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
DOCUMENT: Final = ROOT / "docs" / "operations.md"
HOLDERS: Final = frozenset(
    {
        "deque",
        "Queue",
        "SimpleQueue",
        "LifoQueue",
        "PriorityQueue",
        "OrderedDict",
        "WeakValueDictionary",
        "Semaphore",
        "BoundedSemaphore",
        "ThreadPoolExecutor",
    }
)
CACHES: Final = frozenset({"cache", "lru_cache"})
# Whoever makes one of these does so without a bound of its own.
NEVER: Final = frozenset({"SimpleQueue"})
MOST: Final = frozenset({"MOST", "_MOST", "REMEMBERED"})
_ROW: Final = re.compile(r"^\| `([\w/]+)` \| `(\w+)` \| ([^|]+) \| ([^|]+) \|", re.MULTILINE)


def called(node: ast.expr) -> str:
    """The last name of what is called: `asyncio.Queue(…)`, `deque[str](…)`, `@lru_cache(…)`."""
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Subscript):
        node = node.value
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def made_in(value: ast.expr) -> Iterator[str]:
    for node in ast.walk(value):
        if isinstance(node, ast.Call):
            yield called(node)
            for word in node.keywords:
                if word.arg == "default_factory":
                    yield called(word.value)


def held_in(tree: ast.Module) -> Iterator[str]:
    """The names of what holds something, and of limits."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
            if (
                HOLDERS & set(made_in(node.value))
                or (name.endswith(("LIMIT", "KEPT")) and name != "_NOT_KEPT")
                or name in MOST
            ):
                yield name
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(
            called(decorator) in CACHES for decorator in node.decorator_list
        ):
            yield node.name


def in_the_code() -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for file in sorted((ROOT / "kanban_app").rglob("*.py")):
        module = str(file.relative_to(ROOT / "kanban_app").with_suffix(""))
        if not module.startswith("conformance"):  # a command that looks at another service and ends
            found |= {(module, name) for name in held_in(ast.parse(file.read_text()))}
    return found


def in_the_document() -> dict[tuple[str, str], tuple[str, str]]:
    section = DOCUMENT.read_text().partition("\n## Bounds\n")[2]
    rows = _ROW.findall(re.split(r"^## ", section, maxsplit=1, flags=re.MULTILINE)[0])
    return {(module, name): (bound.strip(), then.strip()) for module, name, bound, then in rows}


def test_what_holds_something_is_listed() -> None:
    missing = in_the_code() - in_the_document().keys()
    rows = "\n".join(f"| `{module}` | `{name}` | <bound> | <what happens at it> |" for module, name in sorted(missing))
    assert not missing, f"add to docs/operations.md, Bounds:\n{rows}"


def test_what_is_listed_is_there() -> None:
    assert not in_the_document().keys() - in_the_code()


def test_each_row_says_something() -> None:
    for (module, name), (bound, then) in in_the_document().items():
        assert re.search(r"\d|one|KANBAN_", bound), f"{module} {name}: {bound}"
        assert len(then) > 5, f"{module} {name}: {then}"


def test_nothing_is_made_that_has_no_bound() -> None:
    for file in (ROOT / "kanban_app").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            assert not (isinstance(node, ast.Call) and called(node) in NEVER), file
            if isinstance(node, ast.Call) and called(node) == "Queue":
                assert node.args or node.keywords, f"{file}:{node.lineno}: a queue without a bound"
            if isinstance(node, ast.Call) and called(node) == "lru_cache":
                sizes = [word.value for word in node.keywords if word.arg == "maxsize"]
                assert sizes or node.args, f"{file}:{node.lineno}: say the bound"
                assert all(not (isinstance(size, ast.Constant) and size.value is None) for size in sizes)


def test_the_finder_finds() -> None:
    source = """
class A:
    waiting: deque[str] = field(default_factory=deque[str])
    def __init__(self):
        self._queue: asyncio.Queue[int] = asyncio.Queue(3)
        self._cache = OrderedDict[str, int]()
@functools.lru_cache(maxsize=3)
def f(): ...
@cache
def g(): ...
_TEXT_LIMIT: Final = 3
other = 4
"""
    assert set(held_in(ast.parse(source))) == {"waiting", "_queue", "_cache", "f", "g", "_TEXT_LIMIT"}
