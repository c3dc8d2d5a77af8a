"""A board as a file, and files as cards."""

import asyncio
import base64
import json
import shutil
import time
import tracemalloc
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Picture

from kanban_app.domain.commands import AddImages, ArchiveTask, DeleteTask, DuplicateTask, PurgeTask, RemoveImage
from kanban_app.domain.image import Image, ImageKind
from kanban_app.domain.json_form import plain
from kanban_app.domain.records import LogEntry, LogKind, LogLevel
from kanban_app.services.column_looks import Colour, ColumnLook
from kanban_app.services.keeper import Beside
from kanban_app.store.retention import Retention
from tests.api.desk import Desk, error_of, open_desk
from tests.support.soundness import expect_sound

STORED = {
    "state": {
        "tasks": [
            {"id": 1, "title": "One", "queuedStages": ["plan"], "stage": "plan", "metadata": {"adw_id": "0a1b2c3d"}},
            {"id": 2, "title": "Two", "queuedStages": ["plan"], "stage": "backlog", "metadata": {}},
        ],
        "taskWorkflowLogs": {"1": [{"message": "Reading"}, {"message": "Writing"}]},
    }
}

LINE = {"at": "2026-11-01T00:00:00+00:00", "kind": "log", "level": "info"}


async def exported(desk: Desk, **params: Any) -> dict[str, Any]:
    answer = await desk.client.get("/api/v1/export", params=params)
    assert answer.status_code == 200
    assert 'filename="board-' in answer.headers["content-disposition"]
    return answer.json()


async def imported(desk: Desk, document: object, **params: Any) -> dict[str, Any]:
    answer = await desk.client.post("/api/v1/import", params=params, content=json.dumps(document))
    assert answer.status_code == 200, answer.text
    expect_sound(desk.bench.keeper.board)
    return answer.json()


def without_time(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "exported_at"}


async def busy_board(desk: Desk) -> None:
    """A card whose start was refused, with a log on its run; one that has not run, and a deleted one."""
    bench = desk.bench
    refused = await desk.new("Refused", labels=["ui"], description="*so*", stages=["plan", "build"])
    await desk.move(refused["id"], "plan")
    await bench.dispatch()
    task = bench.task(refused["id"])
    await bench.answer(task.attempt_id or "", "error", "no room")
    adw_id = bench.attempt(task).adw_id
    at = bench.keeper.board.runs[adw_id].created_at
    lines = [LogEntry(adw_id, at, LogKind.LOG, LogLevel.INFO, f"line {n}", data={"n": n}) for n in range(1200)]
    await bench.keeper.report([], Beside(lines=lines))
    await desk.new("Idle", issue_number="GH-7", priority=2, due_on="2026-12-31", blocked_by=[refused["id"]])
    await desk.client.post("/api/v1/templates", json={"name": "A bug", "type": "bug", "labels": ["ui"]})
    gone = await desk.new("Gone")
    await desk.client.delete(f"/api/v1/tasks/{gone['id']}")


async def test_an_export_comes_back_without_loss(
    desk: Desk, migrated: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    await busy_board(desk)
    document = await exported(desk)
    assert [len(lines) for lines in document["logs"].values()] == [1200]
    folder = tmp_path_factory.mktemp("other")
    shutil.copy(migrated, folder)
    async with open_desk(folder) as other:
        said = await imported(other, document)
        assert (said["kind"], said["new"], said["known"], said["faulty"]) == ("board", 3, 0, 0)
        assert (said["runs"], said["lines"]) == (1, 1200)
        again = await exported(other)
    for line in (line for lines in again["logs"].values() for line in lines):
        assert line.pop("source_key").startswith("import:")
    assert without_time(again) == without_time(document)


async def test_what_is_off_the_board_and_images_come_back_without_loss(
    desk: Desk, migrated: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    await busy_board(desk)
    pictured, archived, both = [await desk.new(title) for title in ("Pictured", "Archived", "Both")]
    removed, kept = (Image(digit * 32, "a.png", ImageKind.PNG, 1, 1, 1) for digit in "ab")
    commands = (
        ArchiveTask(archived["id"]),
        ArchiveTask(both["id"]),
        DeleteTask(both["id"]),
        AddImages(pictured["id"], (removed, kept)),
        RemoveImage(pictured["id"], removed.id),
        DuplicateTask(pictured["id"]),
    )
    for command in commands:
        assert (await desk.bench.board.execute(command, author="test")).ok
    document = await exported(desk, logs=False)
    folder = tmp_path_factory.mktemp("other")
    shutil.copy(migrated, folder)
    async with open_desk(folder) as other:
        assert (await imported(other, document))["new"] == 7
        assert (await imported(other, document))["new"] == 0
        assert without_time(await exported(other, logs=False)) == without_time(document)


async def pruned(desk: Desk) -> str:
    """The run of a busy board after retention has removed the first lines of its log."""
    (adw_id,) = desk.bench.keeper.board.runs
    retention = Retention(desk.bench.store)
    while await retention.remove_lines(adw_id, 1000):
        pass
    return adw_id


async def more_lines(desk: Desk, adw_id: str, *numbers: int) -> None:
    at = desk.bench.keeper.board.runs[adw_id].created_at
    lines = [LogEntry(adw_id, at, LogKind.LOG, LogLevel.INFO, f"line {n}") for n in numbers]
    await desk.bench.keeper.report([], Beside(lines=lines))


async def messages(desk: Desk, adw_id: str) -> list[str]:
    entries, _ = await desk.bench.store.log_page(adw_id, limit=5000)
    return [entry.message for entry in entries]


async def test_a_file_from_before_a_pruning_brings_no_line_twice(desk: Desk) -> None:
    await busy_board(desk)
    document = await exported(desk)
    adw_id = await pruned(desk)
    assert (await imported(desk, document))["lines"] == 0
    assert await messages(desk, adw_id) == [f"line {n}" for n in range(1000, 1200)]


async def test_files_from_after_a_pruning_bring_each_line_once(
    desk: Desk, migrated: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    await busy_board(desk)
    whole = await exported(desk)
    adw_id = await pruned(desk)
    first = await exported(desk)
    assert first["removed"] == {adw_id: 1000}
    await more_lines(desk, adw_id, 1200, 1201)
    second = await exported(desk)
    assert (await imported(desk, second))["lines"] == 0
    for before, expected in (([whole], range(1202)), ([first], range(1000, 1202)), ([], range(1000, 1202))):
        folder = tmp_path_factory.mktemp("other")
        shutil.copy(migrated, folder)
        async with open_desk(folder) as other:
            for document in (*before, second, second):
                await imported(other, document)
            assert await messages(other, adw_id) == [f"line {n}" for n in expected]


async def test_an_export_says_first_what_it_is(desk: Desk) -> None:
    """So that whoever reads it can refuse before the rest has come."""
    answer = await desk.client.get("/api/v1/export")
    assert answer.text.startswith('{"format": "agentic-kanban-board", "version": 1, ')


async def test_the_same_file_twice_is_imported_once(desk: Desk) -> None:
    await busy_board(desk)
    before = without_time(await exported(desk))
    said = await imported(desk, before)
    assert (said["new"], said["known"], said["runs"], said["lines"]) == (0, 3, 0, 0)
    assert (await imported(desk, STORED))["new"] == 2
    assert (await imported(desk, STORED)) | {"notes": []} == {
        "kind": "browser-storage", "dry_run": False, "found": 2, "new": 0, "known": 2, "faulty": 0, "runs": 0,
        "lines": 0, "images": 0, "faults": [], "notes": [],
    }  # fmt: skip


async def test_a_dry_run_changes_nothing_and_says_what_would_be(desk: Desk) -> None:
    seq = desk.bench.keeper.seq
    foreseen = await imported(desk, STORED, dry_run=True)
    assert desk.bench.keeper.seq == seq
    assert await desk.order("plan") == []
    said = await imported(desk, STORED)
    assert {**said, "dry_run": True} == foreseen
    assert (said["new"], said["runs"], said["lines"]) == (2, 1, 2)
    assert await desk.order("plan") == ["One"]
    lines = (await desk.client.get("/api/v1/runs/0a1b2c3d/log")).json()["entries"]
    assert [line["message"] for line in lines] == ["Reading", "Writing"]


async def test_what_was_under_way_elsewhere_does_not_start_here(
    desk: Desk, migrated: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    running = await desk.bench.running()
    waiting = await desk.bench.create("Waits")
    assert (await desk.move(waiting.id, "plan")).is_success
    document = await exported(desk, logs=False)
    assert document["logs"] == {}
    folder = tmp_path_factory.mktemp("other")
    shutil.copy(migrated, folder)
    async with open_desk(folder) as other:
        await imported(other, document)
        await other.bench.dispatch()
        assert other.bench.sender.triggers == []
        assert other.bench.attempt(running).status.value == "cancelled"
        assert other.bench.task(waiting.id).attempt_id is None
        assert other.bench.keeper.board.queue() == []


async def test_numbers_and_places_that_are_taken_are_given_anew(desk: Desk) -> None:
    mine = await desk.new("Mine")
    document = await exported(desk)
    theirs = {**document["cards"][0], "id": "feedbeeffeed", "title": "Theirs"}
    said = await imported(desk, {**document, "cards": [theirs], "runs": [], "attempts": [], "logs": {}})
    assert said["new"] == 1
    board = desk.bench.keeper.board
    assert board.tasks["feedbeeffeed"].number != mine["number"]
    assert set(await desk.order("backlog")) == {"Mine", "Theirs"}


async def test_a_run_that_another_card_has_stays_there(desk: Desk) -> None:
    await imported(desk, STORED)
    other = json.loads(json.dumps(await exported(desk)))
    (card,) = [card for card in other["cards"] if card["title"] == "One"]
    (run,) = other["runs"]
    thief = {**card, "id": "feedbeeffeed", "title": "Thief"}
    stolen = {**run, "task_id": "feedbeeffeed"}
    await imported(desk, {**other, "cards": [thief], "runs": [stolen]})
    board = desk.bench.keeper.board
    assert board.runs["0a1b2c3d"].task_id == card["id"]
    assert board.tasks["feedbeeffeed"].run_id is None


async def test_faulty_cards_are_named_and_the_rest_comes(desk: Desk) -> None:
    await desk.new("Good")
    document = await exported(desk)
    (good,) = document["cards"]
    bad = {**good, "id": "feedbeeffeed", "title": "x" * 300}
    fresh = {**good, "id": "feedbeeffeee", "title": "Fresh"}
    said = await imported(desk, {**document, "cards": [bad, fresh]})
    assert (said["new"], said["faulty"]) == (1, 1)
    assert said["faults"][0]["title"] == "x" * 80
    assert "300 characters" in said["faults"][0]["reason"]


@pytest.mark.parametrize(
    "odd", [{"rank": "!é"}, {"rank": "0"}, {"number": 2**63 - 1}, {"purged_at": "2026-01-01T00:00:00Z"}]
)
async def test_odd_values_of_a_card_do_no_harm_to_the_board(desk: Desk, odd: dict[str, Any]) -> None:
    await desk.new("Good")
    document = await exported(desk)
    card = {**document["cards"][0], "id": "feedbeeffeed", "title": "Odd", **odd}
    assert (await imported(desk, {**document, "cards": [card]}))["new"] == 1
    await desk.new("New")
    assert sorted(await desk.order("backlog")) == ["Good", "New", "Odd"]
    assert desk.bench.keeper.board.tasks["feedbeeffeed"].purged_at is None


@pytest.mark.parametrize("place", ["cards", "templates", "logs"])
async def test_times_without_a_zone_are_refused_before_anything_comes(desk: Desk, place: str) -> None:
    await busy_board(desk)
    document = await exported(desk)
    records = next(iter(document["logs"].values())) if place == "logs" else document[place]
    name = "at" if place == "logs" else "created_at"
    records[-1] = {**records[-1], "id": "feedbeeffeed", name: "2026-01-01T00:00:00"}
    error = error_of(await desk.client.post("/api/v1/import", content=json.dumps(document)), 422, "E-VAL-8")
    assert "zone" in error["message"]


async def test_models_that_do_not_exist_are_named(desk: Desk) -> None:
    await desk.new("Good")
    document = await exported(desk)
    card = {**document["cards"][0], "id": "feedbeeffeed", "model_set": "huge"}
    assert (await imported(desk, {**document, "cards": [card]}))["faulty"] == 1


@pytest.mark.parametrize(
    "data",
    [
        b"", b"not JSON", b"{}", b'{"format": "agentic-kanban-board", "version": 2}',
        b'{"format": "agentic-kanban-board", "version": 1, "cards": [{}]}',
        b'{"format": "agentic-kanban-board", "version": 1, "cards": 5}',
        b'{"format": "agentic-kanban-board", "version": 1, "logs": []}',
    ],
)  # fmt: skip
async def test_other_files_are_refused_in_words(desk: Desk, data: bytes) -> None:
    error = error_of(await desk.client.post("/api/v1/import", content=data), 422, "E-VAL-8")
    assert error["message"].startswith("file: it ")


async def test_faulty_templates_are_named_and_known_ones_stay_out(desk: Desk) -> None:
    await busy_board(desk)
    document = await exported(desk)
    (known,) = document["templates"]
    others = [
        {**known, "id": "feedbeeffeed"},
        {**known, "id": "feedbeeffeee", "name": "x" * 100},
        {**known, "id": "../../etc", "name": "Away"},
        {**known, "id": "feedbeeffeef", "name": "Another"},
    ]
    said = await imported(desk, {**document, "templates": [known, *others]})
    assert len(said["notes"]) == 2
    names = [t["name"] for t in (await desk.client.get("/api/v1/templates")).json()["templates"]]
    assert names == ["A bug", "Another"]


async def test_ids_of_files_lead_nowhere(desk: Desk) -> None:
    await desk.new("Good")
    document = await exported(desk)
    card = {**document["cards"][0], "id": "../../etc/passwd"}
    said = await imported(desk, {**document, "cards": [card]})
    assert said["faulty"] == 1


@pytest.mark.parametrize("time", ["2026-01-01T00:00:00", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
@pytest.mark.parametrize("part", ["cards", "runs", "attempts", "templates"])
async def test_times_that_cannot_be_told_are_refused(desk: Desk, part: str, time: str) -> None:
    await busy_board(desk)
    document = await exported(desk, logs=False)
    document[part][0]["created_at"] = time
    answer = await desk.client.post("/api/v1/import", content=json.dumps(document))
    error_of(answer, 422, "E-VAL-8")


async def test_numbers_no_board_reaches_do_not_stop_it_from_counting(desk: Desk) -> None:
    card = {**(await exported_card(desk)), "id": "far", "number": 2**63 - 1, "version": 2**63}
    said = await imported(desk, {"format": "agentic-kanban-board", "version": 1, "cards": [card]})
    assert (said["new"], said["faulty"]) == (1, 0)
    taken = (await desk.client.get("/api/v1/tasks/far")).json()
    assert taken["number"] == 2
    changed = await desk.client.patch("/api/v1/tasks/far", json={"title": "Near"})
    assert changed.status_code == 200
    assert (await desk.new("Next"))["number"] == 3


async def test_text_that_cannot_be_written_does_not_close_the_board(
    desk: Desk, migrated: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    await busy_board(desk)
    document = await exported(desk, logs=False)
    half = "\ud800"
    document["runs"][0]["branch"] = half
    document["attempts"][0] |= {"step": half, "queue_rank": half, "fraction": 10**30, "progress": -5}
    folder = tmp_path_factory.mktemp("other")
    shutil.copy(migrated, folder)
    async with open_desk(folder) as other:
        assert (await imported(other, document))["new"] == 3
        assert (await other.client.get("/api/v1/board")).status_code == 200
        attempt = (await exported(other))["attempts"][0]
    assert (attempt["step"], attempt["fraction"], attempt["progress"]) == ("?", 100, 0)


async def exported_card(desk: Desk) -> dict[str, Any]:
    await desk.new("One")
    return (await exported(desk))["cards"][0]


def pixel(colour: str) -> bytes:
    buffer = BytesIO()
    Picture.new("RGB", (3, 2), colour).save(buffer, "PNG")
    return buffer.getvalue()


async def furnished(desk: Desk) -> str:
    """A board with a limit, names and colours of columns, and a card with an image; the path of that."""
    assert (await desk.client.put("/api/v1/columns/build/limit", json={"limit": 3})).is_success
    looks = desk.services.columns
    assert looks
    await looks.save({"plan": ColumnLook("Think", Colour.TEAL), "review": ColumnLook("", Colour.RED)})
    card = await desk.new("Pictured")
    path = f"/api/v1/tasks/{card['id']}/attachments"
    image = await desk.client.post(path, params={"name": "a.png"}, content=pixel("red"))
    assert image.status_code == 201, image.text
    return f"{path}/{image.json()['id']}"


async def test_limits_looks_and_files_of_images_come_back(
    desk: Desk, migrated: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    image = await furnished(desk)
    document = await exported(desk)
    folder = tmp_path_factory.mktemp("other")
    shutil.copy(migrated, folder)
    async with open_desk(folder) as other:
        foreseen = await imported(other, document, dry_run=True)
        assert (foreseen["new"], foreseen["images"]) == (1, 1)
        assert other.bench.keeper.board.limits == {}
        assert {**await imported(other, document), "dry_run": True} == foreseen
        assert (await other.client.get(image)).content == pixel("red")
        assert (await other.client.get(f"{image}/thumbnail")).status_code == 200
        assert without_time(await exported(other)) == without_time(document)
        again = await imported(other, document)
        assert (again["new"], again["images"], again["notes"]) == (0, 0, [])


async def test_what_columns_have_here_stays(desk: Desk) -> None:
    await furnished(desk)
    document = await exported(desk)
    document["limits"] = {"build": 9, "test": 0}
    document["looks"] = {"plan": {"title": "Other", "colour": "red"}, "test": {"title": "Think", "colour": "red"}}
    said = await imported(desk, document)
    assert desk.bench.keeper.board.limits == {"build": 3}
    assert len(said["notes"]) == 2
    assert "another column is called Think" in said["notes"][1]


async def test_images_without_or_with_other_files_are_told_of(desk: Desk) -> None:
    card = await exported_card(desk)
    known, lost = (Image(digit * 32, f"{digit}.png", ImageKind.PNG, 1, 1, 1) for digit in "ab")
    hostile = replace(lost, id="../../etc/passwd")
    images = [plain(image) for image in (known, lost, hostile)]
    files = {known.id: base64.b64encode(b"no picture").decode(), hostile.id: base64.b64encode(pixel("red")).decode()}
    fresh = {**card, "id": "feedbeeffeed", "images": images}
    document = {"format": "agentic-kanban-board", "version": 1, "cards": [fresh], "images": files}
    said = await imported(desk, document)
    assert (said["new"], said["images"]) == (1, 0)
    assert said["notes"] == ["Images whose files are not in it: 1.", "Images whose files are damaged: 1."]


async def test_runs_of_cards_that_are_not_in_the_file_are_told_of(desk: Desk) -> None:
    await busy_board(desk)
    document = await exported(desk)
    (lost,) = {run["task_id"] for run in document["runs"]}
    cards = [card for card in document["cards"] if card["id"] != lost]
    said = await imported(desk, {**document, "cards": cards})
    assert said["notes"] == ["Runs left out, because their cards are not in the file: 1."]


async def test_what_was_deleted_for_good_is_in_no_export(desk: Desk) -> None:
    await busy_board(desk)
    (card,) = [card for card in (await exported(desk))["cards"] if card["title"] == "Refused"]
    for command in (DeleteTask(card["id"]), PurgeTask(card["id"])):
        assert (await desk.bench.board.execute(command, author="test")).ok
    document = await exported(desk)
    assert (document["runs"], document["attempts"], document["logs"]) == ([], [], {})
    assert (await imported(desk, document))["notes"] == []


@pytest.mark.parametrize("priority", [-1, 5, 10**30])
async def test_a_priority_that_is_none_is_refused_in_words(desk: Desk, priority: int) -> None:
    card = {**(await exported_card(desk)), "id": "feedbeeffeed", "priority": priority}
    said = await imported(desk, {"format": "agentic-kanban-board", "version": 1, "cards": [card]})
    assert said["faults"] == [
        {
            "title": "One",
            "reason": f"priority: {priority} is none: use 0 for none, 1 low, 2 medium, 3 high or 4 urgent.",
        }
    ]


async def test_a_damaged_card_is_named(desk: Desk) -> None:
    card = {**(await exported_card(desk)), "priority": "high"}
    document = {"format": "agentic-kanban-board", "version": 1, "cards": [card]}
    answer = await desk.client.post("/api/v1/import", content=json.dumps(document))
    error = error_of(answer, 422, "E-VAL-8")
    assert error["message"].startswith("file: it is damaged: card 1 “One”: priority: ")


async def test_a_large_file_leaves_the_board_its_turns(desk: Desk) -> None:
    """64 MiB of log are read and taken in; the loop is never held up for long, and memory is bounded."""
    adw_id, line = "0a1b2c3d", "x" * 8_500
    await imported(desk, STORED)
    document = json.dumps(await exported(desk, logs=False))
    lines = ",\n".join(json.dumps({**LINE, "message": f"{number} {line}"}) for number in range(8_000))
    text = document.replace('"logs": {}', f'"logs": {{"{adw_id}": [{lines}]}}')
    assert len(text) > 64 * 1024 * 1024
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            # By the processor: what else this machine has to do does not count.
            before = time.thread_time()
            await asyncio.sleep(0.005)
            longest = max(longest, time.thread_time() - before)

    watcher = asyncio.create_task(watch())
    path = desk.bench.images.path(Image("c" * 32, "c", ImageKind.PNG, 1, 1, 1)).with_name("file")
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    del text, lines
    tracemalloc.start()
    said = await desk.services.transfer.take(path, author="test", dry_run=True)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    watcher.cancel()
    assert said["lines"] == 8_000 - 2  # those that are here already
    assert longest < 0.5, longest
    assert most < 64 * 1024 * 1024
