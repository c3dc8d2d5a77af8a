"""Archive, bin, copies, bulk acts and limits over HTTP."""

from uuid import uuid4

from tests.api.desk import Desk, error_of

BULK = "/api/v1/tasks/bulk"


async def test_archive_restore_and_the_lists(desk: Desk) -> None:
    card, other = await desk.new("One"), await desk.new("Two")
    archived = (await desk.client.post(f"/api/v1/tasks/{card['id']}/archive")).json()
    assert archived["archived_at"]
    assert archived["removed_by"] == "api"
    assert await desk.order("backlog") == ["Two"]
    error_of(await desk.client.get(f"/api/v1/tasks/{card['id']}"), 404, "E-SYS-3")
    error_of(await desk.move(card["id"], "plan"), 409, "E-ARCH-2")
    found = (await desk.client.get("/api/v1/tasks?archived=true")).json()
    assert [task["title"] for task in found["tasks"]] == ["One"]
    assert [t["id"] for t in (await desk.client.get("/api/v1/tasks")).json()["tasks"]] == [other["id"]]
    assert (await desk.client.post(f"/api/v1/tasks/{card['id']}/restore")).json()["title"] == "One"
    assert await desk.order("backlog") == ["One", "Two"]


async def test_for_good_needs_the_bin(desk: Desk) -> None:
    path = f"/api/v1/tasks/{(await desk.new('One'))['id']}"
    error_of(await desk.client.delete(f"{path}?for_good=true"), 409, "E-ARCH-3")
    await desk.client.delete(path)
    assert (await desk.client.get("/api/v1/tasks?deleted=true")).json()["count"] == 1
    assert (await desk.client.delete(f"{path}?for_good=true")).status_code == 204
    assert (await desk.client.get("/api/v1/tasks?deleted=true")).json() == {"tasks": [], "count": 0}
    error_of(await desk.client.post(f"{path}/restore"), 404, "E-SYS-3")


async def test_a_copy(desk: Desk) -> None:
    card = await desk.new("One", labels=["ui"], priority=3)
    answer = await desk.client.post(f"/api/v1/tasks/{card['id']}/duplicate")
    assert answer.status_code == 201
    copy = answer.json()
    assert (copy["title"], copy["labels"], copy["priority"]) == ("One", ["ui"], 3)
    assert copy["id"] != card["id"]


async def test_one_act_for_several_cards_says_what_became_of_each_and_is_undone_as_one(desk: Desk) -> None:
    ids = [(await desk.new(f"Card {number}"))["id"] for number in range(3)]
    op_id = str(uuid4())
    body = {"ids": [*ids, "nobody"], "act": "move", "column": "plan", "op_id": op_id}
    first = (await desk.client.post(BULK, json=body)).json()
    assert first["done"] == ids
    assert [(part["id"], part["error"]["code"]) for part in first["refused"]] == [("nobody", "E-SYS-3")]
    assert await desk.order("plan") == ["Card 0", "Card 1", "Card 2"]
    attempts = desk.services.snapshot().attempts
    assert len({attempt.task_id for attempt in attempts.values()}) == 3, "each was started"
    assert (await desk.client.post(BULK, json=body)).json() == first, "the same operation acts once"
    assert len(desk.services.snapshot().attempts) == 3
    assert (await desk.client.get(f"/api/v1/ops/{op_id}")).json()["done"] == ids


async def test_a_bulk_act_is_undone_and_done_again(desk: Desk) -> None:
    ids = [(await desk.new(f"Card {number}"))["id"] for number in range(3)]
    for act in ({"act": "archive"}, {"act": "delete"}, {"act": "label", "label": "ui"}):
        op_id = str(uuid4())
        done = (await desk.client.post(BULK, json={"ids": ids, "op_id": op_id, **act})).json()
        assert done["done"] == ids
        changed = (await desk.client.get("/api/v1/board")).json()["columns"][0]["tasks"]
        undone = (await desk.client.post(f"/api/v1/ops/{op_id}/undo")).json()
        assert sorted(undone["done"]) == sorted(ids)
        assert await desk.order("backlog") == ["Card 0", "Card 1", "Card 2"]
        assert (await desk.client.post(f"/api/v1/ops/{op_id}/redo")).status_code == 200
        again = (await desk.client.get("/api/v1/board")).json()["columns"][0]["tasks"]
        assert [(t["id"], t["labels"]) for t in again] == [(t["id"], t["labels"]) for t in changed]
        await desk.client.post(f"/api/v1/ops/{op_id}/undo")


async def test_what_is_undone_of_a_bulk_act_is_what_nobody_has_touched_since(desk: Desk) -> None:
    ids = [(await desk.new(f"Card {number}"))["id"] for number in range(2)]
    op_id = str(uuid4())
    await desk.client.post(BULK, json={"ids": ids, "act": "archive", "op_id": op_id})
    await desk.client.post(f"/api/v1/tasks/{ids[0]}/restore")
    undone = (await desk.client.post(f"/api/v1/ops/{op_id}/undo")).json()
    assert undone["done"] == [ids[1]]
    assert [part["error"]["code"] for part in undone["refused"]] == ["E-UNDO-1"]


async def test_bad_bulk_acts(desk: Desk) -> None:
    for body in ({"ids": [], "act": "archive"}, {"ids": ["a"], "act": "move"}, {"ids": ["a"], "act": "label"}):
        error_of(await desk.client.post(BULK, json=body), 422, "E-VAL-8")
    error_of(await desk.client.post(BULK, json={"ids": ["a"] * 501, "act": "archive"}), 422, "E-VAL-8")


async def test_a_limit_holds_for_all_cards_of_a_bulk_act_and_survives(desk: Desk) -> None:
    ids = [(await desk.new(f"Card {number}"))["id"] for number in range(3)]
    answer = await desk.client.put("/api/v1/columns/plan/limit", json={"limit": 2})
    assert answer.json() == {"id": "plan", "title": "Plan", "count": 0, "limit": 2}
    done = (await desk.client.post(BULK, json={"ids": ids, "act": "move", "column": "plan"})).json()
    assert done["done"] == ids[:2]
    assert [part["error"]["code"] for part in done["refused"]] == ["E-LIMIT-1"]
    error_of(await desk.move(ids[2], "plan"), 409, "E-LIMIT-1")
    assert (await desk.bench.store.load_board()).limits == {"plan": 2}
    board = (await desk.client.get("/api/v1/board")).json()
    assert {column["id"]: column["limit"] for column in board["columns"] if column["limit"]} == {"plan": 2}
    await desk.client.put("/api/v1/columns/plan/limit", json={"limit": None})
    assert (await desk.bench.store.load_board()).limits == {}
    error_of(await desk.client.get("/api/v1/columns/nowhere/limit"), 404, "E-SYS-3")
    error_of(await desk.client.put("/api/v1/columns/plan/limit", json={"limit": 0}), 422, "E-VAL-8")
