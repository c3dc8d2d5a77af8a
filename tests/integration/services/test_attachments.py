"""The files of images: stored before anything names them, found again, and swept when no card has them."""

import os
import time
from pathlib import Path

import pytest

from kanban_app.domain.commands import AddImages, ArchiveTask, DeleteTask, DuplicateTask, PurgeTask, RemoveImage
from kanban_app.domain.image import Image
from kanban_app.domain.reported import ForgetImages
from kanban_app.errors import BoardError
from kanban_app.services.attachments import REMOVED_KEPT, UNBOUND_S, Attachments
from kanban_app.services.image_files import ImageFiles
from tests.support.board_bench import Bench, bench
from tests.support.images import picture

PNG = picture(40, 30, noise=True)


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir()) if folder.exists() else []


def age(folder: Path, seconds: float) -> None:
    then = time.time() - seconds
    for file in folder.iterdir():
        os.utime(file, (then, then))


async def on_a_card(b: Bench, *images: Image) -> str:
    task = await b.create()
    assert (await b.board.execute(AddImages(task.id, images), author="test", op_id=None)).ok
    return task.id


async def test_a_card_has_its_images_after_a_restart(tmp_path: Path) -> None:
    async with bench(tmp_path / "kanban.db") as b:
        image = await b.images.take("a/b/screen.png", PNG)
        task = await on_a_card(b, image)
    async with bench(tmp_path / "kanban.db") as b:
        await b.images.clean()
        found, path = await b.images.file(task, image.id)
        assert (found, found.name, path.read_bytes()) == (image, "screen.png", PNG)
        assert path.name == f"{image.id}.png"
        assert path.stat().st_mode & 0o777 == 0o600


async def test_an_upload_is_found_by_its_id_also_after_a_restart(tmp_path: Path) -> None:
    async with bench(tmp_path / "kanban.db") as b:
        image = await b.images.take("a.png", PNG)
    async with bench(tmp_path / "kanban.db") as b:
        await b.images.clean()
        assert await b.images.taken(image.id, "a.png") == image
        for unknown in ("0" * 32, "../kanban", "", "*", f"{image.id}.png"):
            with pytest.raises(BoardError) as refused:
                await b.images.taken(unknown, "a.png")
            assert refused.value.code == "E-VAL-18"


async def test_what_no_card_has_goes_after_a_day_and_what_one_has_stays(tmp_path: Path) -> None:
    folder = tmp_path / "attachments"
    async with bench(tmp_path / "kanban.db") as b:
        kept, lost, fresh = [await b.images.take("a.png", PNG) for _ in range(3)]
        await on_a_card(b, kept)
        age(folder, UNBOUND_S + 60)
        os.utime(folder / f"{fresh.id}.png")
        os.utime(folder / f"{fresh.id}.small.webp")
        (folder / f"{lost.id}.png.new").write_bytes(b"half")
        await b.images.clean()
        assert {name.partition(".")[0] for name in names(folder)} == {kept.id, fresh.id}


async def test_taking_an_upload_onto_a_card_keeps_it(tmp_path: Path) -> None:
    async with bench(tmp_path / "kanban.db") as b:
        image = await b.images.take("a.png", PNG)
        age(tmp_path / "attachments", UNBOUND_S + 60)
        await b.images.taken(image.id, "a.png")
        await b.images.clean()
        assert f"{image.id}.png" in names(tmp_path / "attachments")


async def test_a_removed_image_is_kept_for_undoing_and_then_forgotten(tmp_path: Path) -> None:
    folder = tmp_path / "attachments"
    async with bench(tmp_path / "kanban.db") as b:
        image = await b.images.take("a.png", PNG)
        task = await on_a_card(b, image)
        await b.board.execute(RemoveImage(task, image.id), author="test")
        age(folder, UNBOUND_S + 60)
        await b.keeper.report([ForgetImages(b.images.forgotten_before())])
        await b.images.clean()
        assert len(names(folder)) == 2
        await b.keeper.report([ForgetImages(b.images.forgotten_before() + REMOVED_KEPT)])
    async with bench(tmp_path / "kanban.db") as b:
        assert b.task(task).images == ()
        await b.images.clean()
        assert names(folder) == []


async def test_a_file_stays_as_long_as_a_copy_of_its_card_has_it(tmp_path: Path) -> None:
    folder = tmp_path / "attachments"
    async with bench(tmp_path / "kanban.db") as b:
        image, off = [await b.images.take("a.png", PNG) for _ in range(2)]
        card, other = await on_a_card(b, image), await on_a_card(b, off)
        copy = (await b.board.execute(DuplicateTask(card), author="test")).task_id or ""
        for command in (RemoveImage(card, image.id), ArchiveTask(other)):
            assert (await b.board.execute(command, author="test")).ok
        age(folder, UNBOUND_S + 60)
        await b.keeper.report([ForgetImages(b.images.forgotten_before() + REMOVED_KEPT)])
        await b.images.let_go(image.id)
        for command in (DeleteTask(card), PurgeTask(card), DeleteTask(other)):
            assert (await b.board.execute(command, author="test")).ok
        await b.images.clean()
        assert (await b.images.file(copy, image.id))[1].read_bytes() == PNG
        assert len(names(folder)) == 4
        for command in (DeleteTask(copy), PurgeTask(copy), PurgeTask(other)):
            assert (await b.board.execute(command, author="test")).ok
        await b.images.clean()
        assert names(folder) == []


async def test_a_folder_that_cannot_be_written_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "attachments").write_text("in the way")
    async with bench(tmp_path / "kanban.db") as b:
        with pytest.raises(BoardError) as refused:
            await b.images.take("a.png", PNG)
        assert refused.value.code == "E-SYS-12"
        await b.images.clean()


async def test_a_write_that_fails_leaves_no_half_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    images = Attachments(tmp_path / "attachments", lambda: pytest.fail("no card is asked for"))
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(BoardError) as refused:
            await images.take("a.png", PNG)
    assert "No space left on device" in refused.value.view()["message"]
    assert names(tmp_path / "attachments") == []


@pytest.mark.parametrize("image_id", ["", "..", "../../etc/passwd", "A" * 32, "0" * 31, "0" * 33])
def test_no_path_is_made_of_what_is_no_id(tmp_path: Path, image_id: str) -> None:
    files = ImageFiles(tmp_path)
    assert files.find(image_id) is None
    with pytest.raises(ValueError, match="no id"):
        files.remove(image_id)
