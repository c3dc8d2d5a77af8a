"""Copies and late arrivals among the updates of a service that does not number them (Q10, E-PROTO-9)."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from kanban_app.tac7.codec import parse_time
from kanban_app.tac7.reading import Progress, progress_of_status
from kanban_app.tac7.server_messages import StatusUpdateData

RUNS: Final = 500
LATEST_S: Final = 60.0
"""What is older by more than this comes from another clock, which says nothing."""


class Age(Enum):
    """`LATE`: something newer has been said. `COPY`: and it said the same."""

    NEWS = auto()
    LATE = auto()
    COPY = auto()


@dataclass(frozen=True, slots=True)
class _Said:
    at: datetime
    what: tuple[object, ...]


class UpdateOrder:
    """Compares each update with the newest one of its run. An end is always news: better twice than not at all."""

    def __init__(self) -> None:
        self._newest: OrderedDict[str, _Said] = OrderedDict()

    def judge(self, update: StatusUpdateData) -> Age:
        at = parse_time(update.timestamp)
        # Updates without a step are the service's own, by its own clock; only those of the workflow are in one order.
        if at is None or (update.current_step is None and update.progress_percent is None):
            return Age.NEWS
        said = _Said(at, (update.status, update.message, update.current_step, update.progress_percent))
        newest = self._newest.get(update.adw_id)
        if newest is None or not timedelta() < newest.at - at <= timedelta(seconds=LATEST_S):
            self._keep(update.adw_id, said)
            return Age.NEWS
        if said.what == newest.what:
            return Age.COPY
        ends = progress_of_status(update.status) in {Progress.COMPLETED, Progress.FAILED}
        return Age.NEWS if ends else Age.LATE

    def _keep(self, adw_id: str, said: _Said) -> None:
        self._newest[adw_id] = said
        self._newest.move_to_end(adw_id)
        if len(self._newest) > RUNS:
            self._newest.popitem(last=False)
