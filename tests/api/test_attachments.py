"""The images of cards over HTTP."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from kanban_app.services.pictures import LARGEST
from tests.api.desk import Desk, error_of
from tests.support.images import picture

PNG = picture(40, 30, noise=True)


async def added(desk: Desk, task_id: str, content: bytes = PNG, **query: Any) -> dict[str, Any]:
    answer = await desk.client.post(f"/api/v1/tasks/{task_id}/attachments", content=content, params=query)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def get(desk: Desk, task_id: str, path: str = "", **query: Any) -> httpx.Response:
    return await desk.client.get(f"/api/v1/tasks/{task_id}/attachments{path}", params=query)


def files(tmp_path: Path) -> list[str]:
    return sorted(file.name for file in (tmp_path / "attachments").glob("*"))


async def test_an_image_comes_back_as_it_was_sent(desk: Desk) -> None:
    task = (await desk.new())["id"]
    image = await added(desk, task, name="Login screen.png")
    assert image == {
        "id": image["id"],
        "name": "Login screen.png",
        "type": "image/png",
        "size": len(PNG),
        "width": 40,
        "height": 30,
    }
    answer = await get(desk, task, f"/{image['id']}")
    assert (answer.content, answer.headers["content-type"]) == (PNG, "image/png")
    assert answer.headers["content-disposition"] == "inline; filename*=utf-8''Login%20screen.png"
    assert "immutable" in answer.headers["cache-control"]
    assert "sandbox" in answer.headers["content-security-policy"]
    assert (await get(desk, task)).json() == [image]
    assert (await desk.client.get(f"/api/v1/tasks/{task}")).json()["attachments"] == [image]
    board = (await desk.client.get("/api/v1/board")).json()
    assert board["columns"][0]["tasks"][0]["images"] == 1


async def test_a_download_and_a_thumbnail(desk: Desk) -> None:
    task = (await desk.new())["id"]
    image = await added(desk, task, picture(800, 400, "JPEG"), name="../../etc/<b>x\r\n")
    download = await get(desk, task, f"/{image['id']}", download=True)
    assert download.headers["content-disposition"].startswith("attachment; filename*=utf-8''%3Cb%3Ex.jpg")
    small = await get(desk, task, f"/{image['id']}/thumbnail")
    assert (small.status_code, small.headers["content-type"]) == (200, "image/webp")
    assert small.content.startswith(b"RIFF")


async def test_the_same_operation_adds_one(desk: Desk, tmp_path: Path) -> None:
    task, op_id = (await desk.new())["id"], str(uuid4())
    first = await added(desk, task, name="a.png", op_id=op_id)
    assert await added(desk, task, name="a.png", op_id=op_id) == first
    assert len((await get(desk, task)).json()) == 1
    assert files(tmp_path) == [f"{first['id']}.png", f"{first['id']}.small.webp"]
    undone = await desk.client.post(f"/api/v1/ops/{op_id}/undo")
    assert undone.json()["task"]["attachments"] == []


async def test_renamed_removed_and_brought_back(desk: Desk) -> None:
    task, op_id = (await desk.new())["id"], str(uuid4())
    path = f"/api/v1/tasks/{task}/attachments/{(await added(desk, task, name='a.png'))['id']}"
    assert (await desk.client.patch(path, json={"name": "The error"})).json()["name"] == "The error"
    error_of(await desk.client.patch(path, json={"name": " "}), 422, "E-VAL-8")
    assert (await desk.client.delete(path, params={"op_id": op_id})).status_code == 204
    error_of(await desk.client.get(path), 404, "E-SYS-3")
    error_of(await desk.client.get(f"{path}/thumbnail"), 404, "E-SYS-3")
    await desk.client.post(f"/api/v1/ops/{op_id}/undo")
    assert (await desk.client.get(path)).content == PNG


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "screen.svg: it is empty."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "screen.svg: SVG files can hold programs."),
        (b"MZ\x90", "screen.svg: its content is of another kind."),
        (PNG[:100], "screen.svg: it is damaged."),
        (PNG + b"\0" * LARGEST, "screen.svg: it is larger than 5 MB."),
    ],
)
async def test_what_is_no_image_is_refused_in_words(desk: Desk, tmp_path: Path, content: bytes, words: str) -> None:
    task = (await desk.new())["id"]
    answer = await desk.client.post(f"/api/v1/tasks/{task}/attachments", content=content, params={"name": "screen.svg"})
    assert error_of(answer, 422, "E-VAL-18")["message"] == words
    assert files(tmp_path) == []


async def test_the_twenty_first_leaves_no_file(desk: Desk, tmp_path: Path) -> None:
    task = (await desk.new())["id"]
    for _ in range(20):
        await added(desk, task)
    answer = await desk.client.post(f"/api/v1/tasks/{task}/attachments", content=PNG, params={"name": "last.png"})
    assert "last.png: a card can have 20 images" in error_of(answer, 422, "E-VAL-18")["message"]
    assert len(files(tmp_path)) == 40


async def test_a_lost_file_leaves_the_rest_usable(desk: Desk, tmp_path: Path) -> None:
    task = (await desk.new())["id"]
    lost, kept = await added(desk, task, name="lost"), await added(desk, task, name="kept")
    for file in (tmp_path / "attachments").glob(f"{lost['id']}.*"):
        file.unlink()
    (tmp_path / "attachments" / f"{kept['id']}.small.webp").unlink()
    error_of(await get(desk, task, f"/{lost['id']}"), 404, "E-SYS-3")
    error_of(await get(desk, task, f"/{lost['id']}/thumbnail"), 404, "E-SYS-3")
    assert (await get(desk, task, f"/{kept['id']}/thumbnail")).status_code == 200
    assert [image["name"] for image in (await get(desk, task)).json()] == ["lost", "kept"]


async def test_an_upload_that_is_not_wanted_goes_and_one_on_a_card_stays(desk: Desk, tmp_path: Path) -> None:
    task = (await desk.new())["id"]
    answer = await desk.client.post("/api/v1/uploads", content=PNG, params={"name": "a.png"})
    assert answer.status_code == 201
    upload = answer.json()
    assert upload["name"] == "a.png"
    assert (await desk.client.delete(f"/api/v1/uploads/{upload['id']}")).status_code == 204
    assert files(tmp_path) == []
    image = await added(desk, task)
    assert (await desk.client.delete(f"/api/v1/uploads/{image['id']}")).status_code == 204
    assert (await get(desk, task, f"/{image['id']}")).content == PNG


@pytest.mark.parametrize("upload_id", ["none", "..%2f..%2flock", "0" * 32, "%00", "*"])
async def test_an_upload_that_does_not_exist(desk: Desk, upload_id: str) -> None:
    assert (await desk.client.delete(f"/api/v1/uploads/{upload_id}")).status_code in {204, 404}


async def test_cards_that_do_not_exist(desk: Desk, tmp_path: Path) -> None:
    error_of(await get(desk, "none"), 404, "E-SYS-3")
    error_of(await desk.client.post("/api/v1/tasks/none/attachments", content=PNG), 404, "E-SYS-3")
    assert files(tmp_path) == []
