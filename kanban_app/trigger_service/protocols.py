"""What the service needs kept durably. The store has classes of these shapes; the composition root passes them in."""

from collections.abc import Sequence
from typing import Protocol

from kanban_app.domain.launch import Launch

JournalEntry = tuple[str | None, str | None, str]
"""`adw_id`, `request_id` and the message as a JSON object without its `seq`."""


class RunLedger(Protocol):
    """The launches of this service, one row per `request_id`. Every method is one transaction."""

    async def find_request(self, request_id: str) -> Launch | None: ...

    async def active(self) -> list[Launch]:
        """Launches that are `starting` or `running`, oldest first."""
        ...

    async def active_for(self, adw_id: str) -> Launch | None: ...

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

    async def append(self, entries: Sequence[JournalEntry], launch: Launch | None = None) -> list[int]:
        """Number and keep the entries in this order (there may be none), and save `launch` in the same transaction."""
        ...

    async def since(self, seq: int, limit: int) -> list[tuple[int, str]]:
        """Up to `limit` entries with a number above `seq`, in order."""
        ...

    async def last(self) -> int:
        """The newest number, 0 in an empty journal."""
        ...
