"""What goes over the connection of one project, for `/metrics` as well."""

from kanban_app.domain.traffic import Traffic
from kanban_app.observing import instruments


class CountedTraffic(Traffic):
    """Costs a microsecond a frame."""

    def __init__(self, project: str) -> None:
        super().__init__()
        self._frames_in = instruments.TAC7_FRAMES_IN.labels(project)
        self._bytes_in = instruments.TAC7_BYTES_IN.labels(project)
        self._frames_out = instruments.TAC7_FRAMES_OUT.labels(project)
        self._bytes_out = instruments.TAC7_BYTES_OUT.labels(project)

    def came(self, frame: str | bytes) -> None:
        before = self.bytes_in
        super().came(frame)
        self._frames_in.inc()
        self._bytes_in.inc(self.bytes_in - before)

    def went(self, frame: str | bytes) -> None:
        before = self.bytes_out
        super().went(frame)
        self._frames_out.inc()
        self._bytes_out.inc(self.bytes_out - before)
