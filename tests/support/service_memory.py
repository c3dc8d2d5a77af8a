"""Ledger and journal of the trigger service in memory, and in a file for services that get killed."""

import json
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from kanban_app.domain.followed import FollowedFile
from kanban_app.domain.launch import Launch, LaunchState
from kanban_app.domain.run_record import RunRecord
from kanban_app.trigger_service.protocols import JournalEntry

_LAUNCH: TypeAdapter[Launch] = TypeAdapter(Launch)
_PLACES: TypeAdapter[list[FollowedFile]] = TypeAdapter(list[FollowedFile])
_ACTIVE = {LaunchState.STARTING, LaunchState.RUNNING}


class MemoryLedger:
    def __init__(self) -> None:
        self.rows: dict[str, Launch] = {}

    async def find_request(self, request_id: str) -> Launch | None:
        return self.rows.get(request_id)

    async def active(self) -> list[Launch]:
        return sorted((row for row in self.rows.values() if row.state in _ACTIVE), key=lambda row: row.created_at)

    async def queued(self) -> list[Launch]:
        waiting = (row for row in self.rows.values() if row.state is LaunchState.QUEUED)
        return sorted(waiting, key=lambda row: row.created_at)

    async def latest_for(self, adw_id: str) -> Launch | None:
        rows = [row for row in self.rows.values() if row.adw_id == adw_id]
        return max(rows, key=lambda row: row.created_at, default=None)

    async def by_token_hash(self, token_hash: str) -> Launch | None:
        return next((row for row in self.rows.values() if row.token_hash == token_hash), None)

    async def save(self, launch: Launch) -> None:
        self.keep(launch)

    def keep(self, launch: Launch) -> None:
        self.rows[launch.request_id] = launch


class MemoryJournal:
    """Saves launches into `ledger` together with its entries. `fail` makes the next appends fail."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self.entries: list[JournalEntry] = []
        self.fail = 0
        self.followed: dict[tuple[str, str], FollowedFile] = {}
        self._ledger = ledger
        self._id = uuid.uuid4().hex

    async def journal_id(self) -> str:
        return self._id

    async def append(
        self, entries: Sequence[JournalEntry], launch: Launch | None = None, places: Sequence[FollowedFile] = ()
    ) -> list[int]:
        if self.fail:
            self.fail -= 1
            raise OSError("disk full")
        self.entries.extend(entries)
        self.keep_places(places)
        if launch is not None:
            self._ledger.keep(launch)
        last = len(self.entries)
        return list(range(last - len(entries) + 1, last + 1))

    def keep_places(self, places: Sequence[FollowedFile]) -> None:
        for place in places:
            if place.forgotten:
                self.followed.pop((place.adw_id, place.path), None)
            else:
                self.followed[place.adw_id, place.path] = place

    async def places(self, adw_id: str) -> list[FollowedFile]:
        return [place for (run, _), place in self.followed.items() if run == adw_id]

    async def since(self, seq: int, limit: int) -> list[tuple[int, str]]:
        return [(seq + i, entry[2]) for i, entry in enumerate(self.entries[seq : seq + limit], 1)]

    async def last(self) -> int:
        return len(self.entries)

    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(entry[2]) for entry in self.entries]


class MemoryRecords:
    """What boards write about runs, beside the launches of `ledger`."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self.rows: dict[str, RunRecord] = {}
        self._ledger = ledger

    async def find(self, adw_id: str) -> RunRecord | None:
        return self.rows.get(adw_id)

    async def add(self, record: RunRecord) -> bool:
        return self.rows.setdefault(record.adw_id, record) is record

    async def save(self, record: RunRecord) -> None:
        self.rows[record.adw_id] = record

    async def newest(self, limit: int, offset: int) -> list[tuple[Launch | None, RunRecord | None]]:
        starts = {row.adw_id: row.created_at for row in sorted(self._ledger.rows.values(), key=lambda r: r.created_at)}
        ids = {**{row.adw_id: row.created_at for row in self.rows.values()}, **starts}
        chosen = sorted(ids, key=lambda adw_id: ids[adw_id], reverse=True)[offset : offset + limit]
        return [(await self._ledger.latest_for(adw_id), self.rows.get(adw_id)) for adw_id in chosen]


class FileLedger(MemoryLedger):
    """Keeps every change as a line of a file, so that another process can read what a killed one has left."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        for line in _lines(path):
            launch = _LAUNCH.validate_json(line)
            self.rows[launch.request_id] = launch

    def keep(self, launch: Launch) -> None:
        super().keep(launch)
        with self._path.open("ab") as file:
            file.write(_LAUNCH.dump_json(launch) + b"\n")


class FileJournal(MemoryJournal):
    """As durable as `FileLedger`; entries, launch and places go out in one write, as one transaction would."""

    def __init__(self, path: Path, ledger: FileLedger) -> None:
        super().__init__(ledger)
        self._path = path
        self._id = f"journal of {path.name}"
        for line in _lines(path):
            record = json.loads(line)
            self.entries.extend((entry[0], entry[1], entry[2]) for entry in record["entries"])
            self.keep_places(_PLACES.validate_python(record.get("places", [])))
            if record["launch"] is not None:
                launch = _LAUNCH.validate_python(record["launch"])
                known = ledger.rows.get(launch.request_id)
                if known is None or known.last_report <= launch.last_report:
                    ledger.rows[launch.request_id] = launch

    async def append(
        self, entries: Sequence[JournalEntry], launch: Launch | None = None, places: Sequence[FollowedFile] = ()
    ) -> list[int]:
        written = _LAUNCH.dump_python(launch, mode="json") if launch is not None else None
        with self._path.open("ab") as file:
            record = {"entries": entries, "launch": written, "places": _PLACES.dump_python(list(places), mode="json")}
            file.write(json.dumps(record).encode() + b"\n")
        self.entries.extend(entries)
        self.keep_places(places)
        if launch is not None:
            self.rows_of_ledger()[launch.request_id] = launch
        last = len(self.entries)
        return list(range(last - len(entries) + 1, last + 1))

    def rows_of_ledger(self) -> dict[str, Launch]:
        return self._ledger.rows


def _lines(path: Path) -> list[bytes]:
    if not path.exists():
        return []
    return [line for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
