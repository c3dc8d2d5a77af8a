"""Takes the cards of a file over into the board, or says what that would do."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final, TypedDict, TypeVar

from kanban_app.domain.commands import ImportCard, ImportTemplate, LimitColumn
from kanban_app.domain.image import Image
from kanban_app.domain.images import sound_images
from kanban_app.domain.model import Board, Template
from kanban_app.domain.records import LogEntry, Operation
from kanban_app.errors import BoardError, from_refusal
from kanban_app.services.attachments import Attachments
from kanban_app.services.column_looks import PLAIN, ColumnLooks
from kanban_app.services.keeper import Applied, Beside, Keeper
from kanban_app.services.transfer.board_file import board_file
from kanban_app.services.transfer.reading import read_file
from kanban_app.services.transfer.source import FoundCard, Kind, Source, UnreadableFile
from kanban_app.store.database import Store

LINES: Final = 1000
FAULTS: Final = 100
NOT_AN_IMAGE: Final = "E-VAL-18"
NOT_ACCEPTED: Final = "E-SYS-5"
_TITLE: Final = 80

Found = TypeVar("Found")


class CardFault(TypedDict):
    """A card of the file that cannot be taken over."""

    title: str
    reason: str


class ImportView(TypedDict):
    """`found` cards are in the file: `new` ones, those that are here already (`known`), and `faulty` ones.

    `lines` counts the log lines that are new, `images` the files of images. With `dry_run` nothing was changed.
    """

    kind: Kind
    dry_run: bool
    found: int
    new: int
    known: int
    faulty: int
    runs: int
    lines: int
    images: int
    faults: list[CardFault]
    notes: list[str]


@dataclass(slots=True)
class _Told:
    """The log of a run as it is here: what its lines are known by, and the number of the last."""

    adw_id: str
    keys: frozenset[str]
    lines: int


class Transfer:
    """Boards out to files and in from them; one file at a time. Reading and writing files is for threads, in steps."""

    def __init__(self, keeper: Keeper, store: Store, looks: ColumnLooks, attachments: Attachments) -> None:
        self._keeper = keeper
        self._store = store
        self._looks = looks
        self._attachments = attachments
        self._one = asyncio.Lock()

    def export(self, *, logs: bool) -> AsyncIterator[str]:
        """The board as it is now, with the logs as they are when their turn comes; see `board_file`."""
        pages = self._store.log_page if logs else None
        return board_file(self._keeper.board, self._looks.all(), pages, self._files, datetime.now(UTC))

    async def take(self, path: Path, *, author: str, dry_run: bool) -> ImportView:
        """Import a file, or with `dry_run` say what that would do. What is here already stays as it is.

        Each card comes whole or not at all; after an interruption the same file again brings in what is missing.
        Raises BoardError (E-VAL-8) for a file that cannot be read, StoreUnavailable when the store cannot be written.
        """
        async with self._one:
            try:
                source = await asyncio.to_thread(read_file, path, datetime.now(UTC))
                return await self._taken(source, author, dry_run=dry_run)
            except UnreadableFile as fault:
                raise BoardError("E-VAL-8", {"field": "file", "reason": str(fault)}) from None

    async def _taken(self, source: Source, author: str, *, dry_run: bool) -> ImportView:
        view = ImportView(
            kind=source.kind, dry_run=dry_run, found=len(source.cards), new=0, known=0, faulty=0, runs=0, lines=0,
            images=0, faults=[], notes=list(source.notes),
        )  # fmt: skip
        taken: list[FoundCard] = []
        for card in source.cards:
            await asyncio.sleep(0)  # the board goes on meanwhile
            if await self._take_card(card, view, author):
                taken.append(card)
        for template in source.templates:
            await self._take_template(template, view, author)
        await self._take_logs(source, taken, view)
        await self._take_pictures(source, taken, view)
        # After the cards, which a limit would keep out.
        await self._take_limits(source, view, author)
        await self._take_looks(source, view)
        return view

    async def _take_logs(self, source: Source, taken: Sequence[FoundCard], view: ImportView) -> None:
        """The lines of runs that these cards have, or would have.

        The log of a run that is known here has the same numbers in the file, also where retention has removed its
        beginning, there or here; lines that came with an import are known by their keys.
        """
        owners = {run.adw_id: card.task.id for card in taken for run in card.runs}
        told = _Told("", frozenset(), 0)
        async for lines in _batches(source.logs(), LINES):
            fresh: list[LogEntry] = []
            for line in lines:
                if not self._is_of(line.adw_id, owners.get(line.adw_id)):
                    continue
                if line.adw_id != told.adw_id:
                    told = await self._told(line.adw_id)
                if line.seq > told.lines and line.source_key not in told.keys:
                    fresh.append(line)
            view["lines"] += len(fresh)
            if fresh and not view["dry_run"]:
                await self._keeper.report([], Beside(lines=fresh))

    async def _told(self, adw_id: str) -> "_Told":
        _, last = await self._store.log_page(adw_id, limit=1)
        return _Told(adw_id, frozenset(await self._store.log_keys(adw_id)), last)

    def _is_of(self, adw_id: str, task_id: str | None) -> bool:
        known = self._keeper.board.runs.get(adw_id)
        return task_id is not None and (known is None or known.task_id in {None, task_id})

    async def _take_pictures(self, source: Source, taken: Sequence[FoundCard], view: ImportView) -> None:
        wanted = {image.id: image for card in taken for image in sound_images(card.task.images)}
        damaged = 0
        async for pictures in _batches(source.pictures(), 1):
            for image_id, data in pictures:
                image = wanted.get(image_id)
                if image is None or await self._attachments.has(image_id):
                    continue
                if not view["dry_run"]:
                    try:
                        await self._attachments.take(image.name, data, image_id)
                    except BoardError as fault:
                        if fault.code != NOT_AN_IMAGE:
                            raise
                        damaged += 1
                        continue
                view["images"] += 1
        if damaged:
            view["notes"].append(f"Images whose files are damaged: {damaged}.")

    async def _take_limits(self, source: Source, view: ImportView, author: str) -> None:
        here = self._keeper.board.limits
        for column, limit in source.limits.items():
            if column in here:
                continue
            command = LimitColumn(column, limit)
            refusal = self._keeper.foresee(command, author).refusal
            title = self._looks.title(column)
            if refusal:
                reason = from_refusal(refusal).view()["message"]
                view["notes"].append(f"The limit of {title} was left out: {reason}")
                continue
            view["notes"].append(f"Limit of {title}: {limit}.")
            if not view["dry_run"]:
                await self._keeper.execute([command], author, _no_operations, lambda: False)

    async def _take_looks(self, source: Source, view: ImportView) -> None:
        """Names and colours for columns that have none of their own here."""
        fresh = {
            column.value: look
            for column, look in source.looks.items()
            if look != PLAIN and self._looks.look(column) == PLAIN
        }
        if not fresh:
            return
        try:
            self._looks.check(fresh)
            if not view["dry_run"]:
                await self._looks.save(fresh)
        except BoardError as fault:
            if fault.code != NOT_ACCEPTED:
                raise
            view["notes"].append(f"Names and colours of columns were left out: {fault.view()['message']}")
        else:
            view["notes"].append(f"Columns that get their name or colour: {len(fresh)}.")

    async def _files(self, images: Sequence[Image]) -> AsyncIterator[tuple[Image, bytes]]:
        for image in images:
            (data,) = await self._attachments.contents([image])
            if data is not None:
                yield image, data

    async def _take_template(self, template: Template, view: ImportView, author: str) -> None:
        command = ImportTemplate(template)
        foreseen = self._keeper.foresee(command, author)
        if foreseen.refusal:
            reason = from_refusal(foreseen.refusal).view()["message"]
            view["notes"].append(f"The template “{template.name[:_TITLE]}” was left out: {reason}")
        elif foreseen.events and not view["dry_run"]:
            await self._keeper.execute([command], author, _no_operations, lambda: False)

    async def _take_card(self, card: FoundCard, view: ImportView, author: str) -> bool:
        """Whether it is here now, or would be."""
        command = ImportCard(card.task, card.runs, card.attempts)
        foreseen = self._keeper.foresee(command, author)
        if foreseen.refusal:
            view["faulty"] += 1
            if len(view["faults"]) < FAULTS:
                reason = from_refusal(foreseen.refusal).view()["message"]
                view["faults"].append(CardFault(title=card.task.title[:_TITLE], reason=reason))
            return False
        is_new = bool(foreseen.events)
        view["new" if is_new else "known"] += 1
        view["runs"] += len(card.runs) if is_new else 0
        if is_new and not view["dry_run"]:
            await self._keeper.execute([command], author, _no_operations, lambda: False)
        await self._take_lines(card, view)
        return True

    async def _take_lines(self, card: FoundCard, view: ImportView) -> None:
        for run in card.runs:
            lines = await self._new_lines(card, run.adw_id)
            view["lines"] += len(lines)
            if view["dry_run"]:
                continue
            for start in range(0, len(lines), LINES):
                await self._keeper.report([], Beside(lines=lines[start : start + LINES]))

    async def _new_lines(self, card: FoundCard, adw_id: str) -> Sequence[LogEntry]:
        """Lines of a run that is this card's, or would be, without those that are here."""
        if not self._is_of(adw_id, card.task.id):
            return ()
        told = set(await self._store.log_keys(adw_id))
        return [line for line in card.lines if line.adw_id == adw_id and line.source_key not in told]


async def _batches(found: Iterator[Found], size: int) -> AsyncIterator[list[Found]]:
    """What an iterator that blocks has, so many at a time."""
    while batch := await asyncio.to_thread(lambda: list(islice(found, size))):
        yield batch


def _no_operations(_results: Sequence[Applied], _boards: Sequence[Board]) -> Sequence[Operation]:
    return ()
