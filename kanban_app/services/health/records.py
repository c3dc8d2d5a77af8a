"""What the monitor writes down, for its grades and for people."""

from dataclasses import dataclass

from kanban_app.services.health.happenings import Timeline
from kanban_app.services.health.measures import Measures
from kanban_app.services.health.recoveries import Recoveries
from kanban_app.services.health.series import Series


@dataclass(frozen=True, slots=True)
class Records:
    """Figures of now, their course, what has happened to the connection, and what was done to mend something."""

    measures: Measures
    series: Series
    timeline: Timeline
    recoveries: Recoveries
