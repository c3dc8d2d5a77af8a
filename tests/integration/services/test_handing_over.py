"""Images on their way to a run: as paths on the same machine, else inside of the ticket as far as they fit."""

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

from kanban_app.domain.commands import AddImages, RemoveImage, StartTask
from kanban_app.domain.image import Image, ImageKind
from kanban_app.domain.model import RunStatus, Task
from kanban_app.domain.stages import Column
from kanban_app.domain.workflows import Vintage
from kanban_app.services.image_files import ImageFiles
from kanban_app.services.pictures import Picture
from kanban_app.tac7.codec import MAX_OUTGOING, encode
from kanban_app.tac7.requests import build_trigger
from kanban_app.trigger_service.images import as_files
from tests.support.board_bench import Bench, bench
from tests.support.images import picture

PNG = picture(40, 30, noise=True)


async def with_images(b: Bench, *images: Image) -> Task:
    task = await b.create()
    assert (await b.board.execute(AddImages(task.id, images), author="test")).ok
    return task


def of_size(tmp_path: Path, number: int, size: int) -> Image:
    """A stored image of so many bytes; nobody decodes it on this way."""
    image_id = f"{number:032x}"
    content = PNG + b"\0" * (size - len(PNG))
    ImageFiles(tmp_path / "attachments").keep(image_id, content, Picture(ImageKind.PNG, 1, 1, b""))
    return Image(image_id, f"{number}.png", ImageKind.PNG, size, 1, 1)


def content_of(path: str) -> bytes:
    return Path(path).read_bytes()


async def started(b: Bench, task: Task) -> list[Any]:
    await b.move(task, Column.PLAN)
    await b.dispatch()
    request = b.sender.triggers[-1]
    encode(build_trigger(request, Vintage.OURS, with_request_id=True))
    return list(request.images)


async def test_another_service_gets_them_inside_of_the_ticket(tmp_path: Path) -> None:
    async with bench(tmp_path / "kanban.db") as b:
        image, gone = await b.images.take("a.png", PNG), await b.images.take("gone.png", PNG)
        task = await with_images(b, image, gone)
        await b.board.execute(RemoveImage(task.id, gone.id), author="test")
        (told,) = await started(b, task)
        data = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
        assert told == {"name": "a.png", "type": "image/png", "data": data}
        assert b.attempt(task).notice is None
        # What our service makes of it.
        (handed,) = as_files({"images": [told]}, tmp_path / "run")["images"]
        assert handed["name"] == "a.png"
        assert content_of(handed["path"]) == PNG


async def test_the_built_in_service_is_told_where_they_are(tmp_path: Path) -> None:
    async with bench(tmp_path / "kanban.db") as b:
        b.sender.connection = replace(b.sender.connection, embedded=True)
        images = [of_size(tmp_path, number, 4 * 1024 * 1024) for number in range(4)]
        told = await started(b, await with_images(b, *images))
        assert [set(image) for image in told] == [{"name", "type", "path"}] * 4
        assert [len(content_of(image["path"])) for image in told] == [4 * 1024 * 1024] * 4


async def test_what_does_not_fit_is_left_out_and_said(tmp_path: Path) -> None:
    async with bench(tmp_path / "kanban.db") as b:
        sizes = (4_000_000, 4_000_000, 1_000_000, 5_000_000, 1_000)
        images = [of_size(tmp_path, number, size) for number, size in enumerate(sizes)]
        task = await with_images(b, *images)
        assert [image["name"] for image in await started(b, task)] == ["0.png", "2.png", "4.png"]
        notice = b.attempt(task).notice
        assert notice is not None
        words = "1.png, 3.png did not fit into a message of 8 MB"
        assert (notice.code, notice.params["what"]) == ("E-IMG-1", words)
        assert b.attempt(task).status is RunStatus.SENDING


async def test_a_message_is_filled_to_its_end_and_no_further(tmp_path: Path) -> None:
    async with bench(tmp_path / "kanban.db") as b:
        images = [of_size(tmp_path, number, MAX_OUTGOING // 28) for number in range(20)]
        task = await with_images(b, *images)
        assert 18 <= len(await started(b, task)) < 21


async def test_a_lost_file_is_left_out_and_said(tmp_path: Path) -> None:
    async with bench(tmp_path / "kanban.db") as b:
        images = [await b.images.take(name, PNG) for name in ("a.png", "b.png", "c.png", "d.png", "e.png")]
        for image in images[:4]:
            b.images.path(image).unlink()
        task = await with_images(b, *images)
        assert [image["name"] for image in await started(b, task)] == ["e.png"]
        notice = b.attempt(task).notice
        assert notice is not None
        assert notice.params["what"] == "a.png, b.png, c.png and 1 more could not be read"


async def test_every_vintage_takes_them(tmp_path: Path) -> None:
    for vintage in (Vintage.V0, Vintage.V1):
        async with bench(tmp_path / f"{vintage}.db", vintage=vintage) as b:
            task = await with_images(b, await b.images.take("a.png", PNG))
            await b.board.execute(StartTask(task.id), author="test")
            await b.dispatch()
            issue: Any = build_trigger(b.sender.triggers[0], vintage, with_request_id=False).data.issue_json
            assert [image["name"] for image in issue["images"]] == ["a.png"]
