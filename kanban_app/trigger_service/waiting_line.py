"""The launches that wait for a free place. Pure: what is done about them is the desk's."""

from collections.abc import Callable
from typing import Final

from kanban_app.domain.launch import Launch
from kanban_app.tac7.server_messages import QueueStatus, QueueStatusData, WaitingRun

LONGEST: Final = 1000
"""So many may wait; who comes then is refused."""


class WaitingLine:
    """In the order of their requests. `limit` runs may be active at once; `on_change` is called at each change."""

    def __init__(self, limit: int) -> None:
        self.on_change: list[Callable[[], None]] = []
        self._limit = limit
        self._launches: list[Launch] = []
        self._starting: str | None = None

    def __len__(self) -> int:
        return len(self._launches)

    @property
    def limit(self) -> int:
        return self._limit

    def use_limit(self, limit: int) -> None:
        self._limit = limit
        self._changed()

    @property
    def is_full(self) -> bool:
        return len(self._launches) >= LONGEST

    def has_room(self, active: int) -> bool:
        """Whether one who comes now starts at once: there is a place, and nobody was there before."""
        return not self._launches and active < self._limit

    def of(self, adw_id: str) -> Launch | None:
        return next((launch for launch in self._launches if launch.adw_id == adw_id), None)

    def add(self, *launches: Launch) -> None:
        """In their places; who comes with an older request was there before."""
        self._launches.extend(launches)
        self._launches.sort(key=lambda launch: launch.created_at)
        self._changed()

    def begin(self, active: int) -> Launch | None:
        """The next one to start, if there is a place for it. It stays in line until `settle`."""
        if not self._launches or active >= self._limit:
            return None
        self._starting = self._launches[0].request_id
        return self._launches[0]

    def settle(self, *, out: bool) -> None:
        """The one that was begun is `out` of the line, or waits on."""
        if out:
            self._launches = [launch for launch in self._launches if launch.request_id != self._starting]
        self._starting = None
        self._changed()

    def is_starting(self, adw_id: str) -> bool:
        """Whether this run is on its way out of the line and into a process at this moment."""
        launch = self.of(adw_id)
        return launch is not None and launch.request_id == self._starting

    def take_out(self, adw_id: str, request_id: str | None) -> Launch | None:
        """The waiting launch of a run, out of the line; None where there is none, or not under that `request_id`."""
        launch = self.of(adw_id)
        if launch is None or self.is_starting(adw_id) or request_id not in {None, "", launch.request_id}:
            return None
        self._launches.remove(launch)
        self._changed()
        return launch

    def status(self, active: int) -> QueueStatus:
        waiting = [
            WaitingRun(
                adw_id=launch.adw_id,
                request_id=launch.request_id,
                workflow_name=launch.workflow_type,
                position=place,
            )
            for place, launch in enumerate(self._launches, 1)
        ]
        return QueueStatus(data=QueueStatusData(active=active, limit=self._limit, waiting=waiting))

    def _changed(self) -> None:
        for tell in self.on_change:
            tell()
