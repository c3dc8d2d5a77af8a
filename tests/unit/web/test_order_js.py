"""The optimistic order (`components/order.js`), run by the Node that also builds the client."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kanban_app.web import components

MODULE = Path(str(components.__file__)).with_name("order.js")
NODE = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")

pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node")


def run(expression: str, tmp_path: Path) -> Any:
    """The value of a JavaScript expression in which the module is `m` and `cols` makes columns."""
    copy = tmp_path / "order.mjs"
    copy.write_text(MODULE.read_text())
    program = (
        f"import * as m from {json.dumps(copy.as_uri())};"
        "const cols = (o) => Object.entries(o).map(([id, ids]) => ({ id, title: id, ids, count: ids.length }));"
        "const ids = (columns) => Object.fromEntries(columns.map((c) => [c.id, c.ids]));"
        f"console.log(JSON.stringify({expression}));"
    )
    done = subprocess.run(
        [str(NODE), "--input-type=module", "-e", program], capture_output=True, text=True, check=True, timeout=30
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("move", "expected"),
    [
        ("{id: 'a', column: 'y', after: null}", {"x": ["b"], "y": ["a", "c", "d"]}),
        ("{id: 'a', column: 'y', after: 'c'}", {"x": ["b"], "y": ["c", "a", "d"]}),
        ("{id: 'a', column: 'y', after: 'gone'}", {"x": ["b"], "y": ["c", "d", "a"]}),
        ("{id: 'a', column: 'x', after: 'b'}", {"x": ["b", "a"], "y": ["c", "d"]}),
        ("{id: 'gone', column: 'x', after: null}", {"x": ["a", "b"], "y": ["c", "d"]}),
        ("{id: 'a', column: 'nowhere', after: null}", {"x": ["a", "b"], "y": ["c", "d"]}),
    ],
)
def test_a_move_puts_the_card_below_the_named_one(tmp_path: Path, move: str, expected: dict[str, list[str]]):
    assert run(f"ids(m.applyMoves(cols({{x: ['a', 'b'], y: ['c', 'd']}}), [{move}]))", tmp_path) == expected


def test_moves_apply_in_order_and_keep_counts_and_untouched_columns(tmp_path: Path):
    value = run(
        "((c) => { const r = m.applyMoves(c, "
        "[{id: 'a', column: 'y', after: null}, {id: 'a', column: 'y', after: 'b'}]);"
        " return [ids(r), r.map((x) => x.count), r[2] === c[2], m.applyMoves(c, []) === c]; })"
        "(cols({x: ['a'], y: ['b'], z: ['c']}))",
        tmp_path,
    )
    assert value == [{"x": [], "y": ["b", "a"], "z": ["c"]}, [0, 2, 1], True, True]


def test_only_applied_and_refused_settle_an_operation(tmp_path: Path):
    moves = "[{op: '1'}, {op: '2'}, {op: '3'}, {op: '4'}]"
    acked = "{1: 'applied', 2: 'refused', 3: 'unknown'}"
    assert run(f"m.openOperations({moves}, {acked}).map((x) => x.op)", tmp_path) == ["3", "4"]


@pytest.mark.parametrize(("index", "above"), [(0, None), (1, "b"), (2, "c"), (9, None)])
def test_a_drop_names_the_card_above_it(tmp_path: Path, index: int, above: str | None):
    assert run(f"m.cardAbove(['a', 'b', 'c'], 'a', {index})", tmp_path) == above


@pytest.mark.parametrize(
    ("wish", "repeats"),
    [
        ("{act: 'retry', id: 'a'}", True),
        ("{act: 'start', id: 'a'}", False),
        ("{act: 'retry', id: 'b'}", False),
        ("{act: 'move', id: 'c'}", False),
    ],
)
def test_a_second_press_before_the_answer_asks_for_nothing_new(tmp_path: Path, wish: str, repeats: bool):
    assert run(f"m.isRepeat([{{act: 'retry', id: 'a'}}, {{act: 'move', id: 'c'}}], {wish})", tmp_path) is repeats


@pytest.mark.parametrize(("of", "repeats"), [("x", True), ("y", False)])
def test_undoing_two_changes_of_a_card_is_no_repeat(tmp_path: Path, of: str, repeats: bool):
    undo = "({ act: 'undo', id: 'a', wish: { of: '%s' } })"
    assert run(f"m.isRepeat([{undo % 'x'}], {undo % of})", tmp_path) is repeats


@pytest.mark.parametrize(
    ("act", "first", "second"),
    [
        ("bulk-label", "{ids: 'a,b', label: 'x'}", "{ids: 'a,b', label: 'y'}"),
        ("bulk-label", "{ids: 'a,b', label: 'x'}", "{ids: 'a', label: 'x'}"),
        ("bulk-move", "{ids: 'a', column: 'plan'}", "{ids: 'a', column: 'backlog'}"),
        ("limit", "{limit: '3'}", "{limit: ''}"),
    ],
)
def test_another_wish_for_the_same_cards_is_no_repeat(tmp_path: Path, act: str, first: str, second: str):
    for other, repeats in ((first, True), (second, False)):
        wishes = [f"{{act: '{act}', id: 'a', wish: {wish}}}" for wish in (first, other)]
        assert run(f"m.isRepeat([{wishes[0]}], {wishes[1]})", tmp_path) is repeats
