"""The audit names every requirement, the corrections every defect, and both only tests that exist."""

import ast
import re
from pathlib import Path
from typing import Final

import pytest
from starlette.routing import Route

from kanban_app.conformance.checks import CHECKS
from kanban_app.tac7.messages import CLIENT_TYPES, SERVER_MODELS
from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.service import TriggerService
from tests.support.defective_service import DEFECTS
from tests.support.service_memory import MemoryJournal, MemoryLedger

ROOT: Final = Path(__file__).resolve().parents[2]
DOCUMENT: Final = (ROOT / "docs" / "tac7-compliance.md").read_text()
CORRECTIONS: Final = (ROOT / "docs" / "embedded-service.md").read_text()
ROWS: Final = re.findall(r"^\| (R\d+) \| (.+) \| (.+) \| (.+) \| (.+) \|$", DOCUMENT, re.MULTILINE)
CORRECTED: Final = re.findall(r"^\| Q(\d+) \| .+ \| .+ \| `tests/.+` \|$", CORRECTIONS, re.MULTILINE)
TESTS: Final = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", DOCUMENT + CORRECTIONS)))


def test_every_requirement_has_one_row_in_order() -> None:
    assert [row[0] for row in ROWS] == [f"R{number}" for number in range(1, 61)]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_row_is_complete(row: tuple[str, ...]) -> None:
    assert all(cell.strip() for cell in row)
    unbuilt = "not built yet" in row[2]
    assert row[4] != "-" or unbuilt, "what is built has a test"


def test_every_defect_of_v1_has_its_correction() -> None:
    assert [int(number) for number in CORRECTED] == [1, 3, 5, 6, 14, *range(17, 20), *range(21, 27), 29]


def test_every_route_and_message_of_the_service_is_described() -> None:
    service = TriggerService(ServiceConfig(data_dir=Path("unused")), ledger := MemoryLedger(), MemoryJournal(ledger))
    paths = {route.path for route in service.routes() if isinstance(route, Route) and not route.path.startswith("/r/")}
    assert [path for path in sorted(paths) if path not in CORRECTIONS] == []
    assert [name for name in (*CLIENT_TYPES, *SERVER_MODELS) if f"`{name}`" not in CORRECTIONS] == []


@pytest.mark.parametrize(("file", "name"), TESTS, ids=[f"{file}::{name}" for file, name in TESTS])
def test_every_named_test_exists(file: str, name: str) -> None:
    names = {
        node.name
        for node in ast.walk(ast.parse((ROOT / file).read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert name in names


def test_every_deviation_is_argued() -> None:
    letters = set(re.findall(r"\(([A-Z])\)", " ".join(cell for row in ROWS for cell in row)))
    argued = set(re.findall(r"^- \*\*([A-Z])\. ", DOCUMENT, re.MULTILINE))
    assert letters == argued


def test_the_numbers_of_checks_and_defects_are_right() -> None:
    assert f"{len(CHECKS)} checks in" in DOCUMENT
    assert f"{len(DEFECTS)} services with one defect each" in DOCUMENT
