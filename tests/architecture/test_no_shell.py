"""Commands are lists of arguments; no text of anybody's ever gets to a shell."""

import ast
from pathlib import Path
from typing import Final

import pytest

PACKAGE: Final = Path(__file__).resolve().parents[2] / "kanban_app"
MODULES: Final = sorted(PACKAGE.rglob("*.py"))
SHELLS: Final = frozenset({"sh", "bash", "dash", "zsh", "/bin/sh", "/bin/bash", "/usr/bin/env", "cmd", "cmd.exe"})
# Each of these hands a text to a shell, or evaluates it.
CALLS: Final = frozenset(
    {
        "os.system",
        "os.popen",
        "subprocess.getoutput",
        "subprocess.getstatusoutput",
        "asyncio.create_subprocess_shell",
        "commands.getoutput",
        "pty.spawn",
        "eval",
        "exec",
    }
)


def faults(source: str) -> list[str]:
    return [fault for node in ast.walk(ast.parse(source)) if (fault := fault_of(node))]


def fault_of(node: ast.AST) -> str:
    if isinstance(node, ast.Call):
        called = ast.unparse(node.func)
        if called in CALLS or called.endswith(".subprocess_shell"):
            return f"line {node.lineno}: {called}"
        if any(word.arg == "shell" for word in node.keywords):
            return f"line {node.lineno}: shell="
    if isinstance(node, ast.List | ast.Tuple) and node.elts:
        first = node.elts[0]
        if isinstance(first, ast.Constant) and first.value in SHELLS:
            return f"line {node.lineno}: {first.value}"
    return ""


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_goes_through_a_shell(module: Path) -> None:
    assert faults(module.read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        "import os; os.system('ls')",
        "subprocess.run('ls', shell=True)",
        "subprocess.Popen(['sh', '-c', text])",
        "await asyncio.create_subprocess_shell(text)",
        "await loop.subprocess_shell(make, text)",
        "eval(text)",
    ],
)
def test_a_shell_would_be_found(source: str) -> None:
    assert faults(source)
