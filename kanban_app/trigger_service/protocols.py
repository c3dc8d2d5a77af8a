"""What the service needs kept durably. The store has classes of these shapes; the composition root passes them in."""

from collections.abc import Sequence
from typing import Protocol

from kanban_app.domain.followed import FollowedFile
from kanban_app.domain.launch import Launch
from kanban_app.domain.run_record import RunRecord

JournalEntry = tuple[str | None, str | None, str]
"""`adw_id`, `request_id` and the message as a JSON object without its `seq`."""


class RunLedger(Protocol):
    """The launches of this service, one row per `request_id`. Every method is one transaction."""

    async def find_request(self, request_id: str) -> Launch | None: ...

    async def active(self) -> list[Launch]:
        """Launches that are `starting` or `running`, oldest first."""
        ...

    async def queued(self) -> list[Launch]:
        """Launches that wait for their turn, in the order of their requests."""
        ...

    async def latest_for(self, adw_id: str) -> Launch | None:
        """The newest launch of a run, whatever its state."""
        ...

    async def by_token_hash(self, token_hash: str) -> Launch | None: ...

    async def save(self, launch: Launch) -> None:
        """Insert the launch, or replace the one with its `request_id`."""
        ...


class OutputJournal(Protocol):
    """Everything that was ever broadcast, numbered from 1 without holes."""

    async def journal_id(self) -> str:
        """Names this journal; another database has another name."""
        ...

    async def append(
        self, entries: Sequence[JournalEntry], launch: Launch | None = None, places: Sequence[FollowedFile] = ()
    ) -> list[int]:
        """Number and keep the entries in this order (there may be none); save `launch` and `places` with them, in one
        transaction.
        """
        ...

    async def places(self, adw_id: str) -> list[FollowedFile]:
        """How far the files of a run have been told."""
        ...

    async def since(self, seq: int, limit: int) -> list[tuple[int, str]]:
        """Up to `limit` entries with a number above `seq`, in order."""
        ...

    async def last(self) -> int:
        """The newest number, 0 in an empty journal."""
        ...


class RunRecords(Protocol):
    """What boards write about runs. Every method is one transaction."""

    async def find(self, adw_id: str) -> RunRecord | None: ...

    async def add(self, record: RunRecord) -> bool:
        """Keep a new record; False when there is one of that run, a deleted one included."""
        ...

    async def save(self, record: RunRecord) -> None:
        """Insert the record, or replace the one of its run."""
        ...

    async def newest(self, limit: int, offset: int) -> list[tuple[Launch | None, RunRecord | None]]:
        """Runs by their newest start or their record, the newest first; images are left out of their tickets."""
        ...
