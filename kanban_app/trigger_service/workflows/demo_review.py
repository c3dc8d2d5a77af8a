"""The checks of the demonstration's review stage: each looks at the real changes of the run's branch."""

from collections.abc import Callable
from typing import Final

from kanban_app.trigger_service.workflows.repository import BASE, Worktree, git

_LARGE_BYTES: Final = 100_000


def changed_files(tree: Worktree) -> list[str]:
    return git(tree.path, "diff", "--name-only", f"{BASE}...{tree.branch}").splitlines()


def commits(tree: Worktree) -> list[str]:
    return git(tree.path, "log", "--format=%h %s", f"{BASE}..{tree.branch}").splitlines()


def _size(tree: Worktree) -> str:
    return git(tree.path, "diff", "--shortstat", f"{BASE}...{tree.branch}").strip() or "no changes"


def _base_moved(tree: Worktree) -> str:
    behind = git(tree.path, "rev-list", "--count", f"{tree.branch}..{BASE}").strip()
    return f"{behind} commits behind {BASE}"


def _large_files(tree: Worktree) -> str:
    sizes = [(tree.path / name).stat().st_size for name in changed_files(tree) if (tree.path / name).exists()]
    large = sum(size > _LARGE_BYTES for size in sizes)
    return f"{large} of {len(sizes)} files are larger than {_LARGE_BYTES} bytes"


def _whitespace(tree: Worktree) -> str:
    git(tree.path, "diff", "--check", f"{BASE}...{tree.branch}", "--", "demo_work", "tests")
    return "no whitespace errors in the code"


def _debugging(tree: Worktree) -> str:
    found = _lines_with(tree, ("breakpoint(", "print("))
    return f"{found} lines left from debugging"


def _markers(tree: Worktree) -> str:
    return f"{_lines_with(tree, ('<<<<<<< ', '>>>>>>> '))} conflict markers"


def _tests(tree: Worktree) -> str:
    names = changed_files(tree)
    modules = [name for name in names if name.startswith("demo_work/") and not name.endswith("__init__.py")]
    tested = [name for name in modules if f"tests/test_{name.removeprefix('demo_work/')}" in names]
    return f"{len(tested)} of {len(modules)} modules have tests"


def _specification(tree: Worktree) -> str:
    specs = [name for name in changed_files(tree) if name.startswith("specs/")]
    return f"{len(specs)} specifications on the branch"


def _history(tree: Worktree) -> str:
    merges = git(tree.path, "rev-list", "--count", "--merges", f"{BASE}..{tree.branch}").strip()
    return f"{len(commits(tree))} commits, {merges} of them merges"


def _lines_with(tree: Worktree, words: tuple[str, ...]) -> int:
    files = [tree.path / name for name in changed_files(tree) if name.endswith(".py")]
    texts = (path.read_text("utf-8") for path in files if path.exists())
    return sum(any(word in line for word in words) for text in texts for line in text.splitlines())


CHECKS: Final[dict[str, Callable[[Worktree], str]]] = {
    "Measuring the change": _size,
    "Comparing with the base": _base_moved,
    "Looking for large files": _large_files,
    "Looking for whitespace errors": _whitespace,
    "Looking for debugging code": _debugging,
    "Looking for conflict markers": _markers,
    "Matching modules and tests": _tests,
    "Looking for the specification": _specification,
    "Reading the history": _history,
}
