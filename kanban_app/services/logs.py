"""Reading the log of a run."""

from kanban_app.services.views import LogLine, log_line
from kanban_app.store.database import Store


class Logs:
    """Pages of a run's log, always in ascending order. StoreUnavailable can come out of every method."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def tail(self, adw_id: str, limit: int = 200) -> list[LogLine]:
        """The newest `limit` lines."""
        entries, _ = await self._store.log_page(adw_id, limit=limit, newest=True)
        return [log_line(entry) for entry in entries]

    async def before(self, adw_id: str, seq: int, limit: int = 200) -> list[LogLine]:
        """The last `limit` lines before number `seq`."""
        entries, _ = await self._store.log_page(adw_id, before=seq, limit=limit)
        return [log_line(entry) for entry in entries]

    async def after(self, adw_id: str, seq: int, limit: int = 200) -> list[LogLine]:
        """The first `limit` lines after number `seq`."""
        entries, _ = await self._store.log_page(adw_id, since=seq, limit=limit)
        return [log_line(entry) for entry in entries]
