"""How much has gone over a connection's socket."""

from dataclasses import dataclass


@dataclass(slots=True)
class Traffic:
    """Counts that only grow: texts and their bytes, without those of the frames around them."""

    messages_in: int = 0
    messages_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0

    def now(self) -> "Traffic":
        """The counts as they are, in an object that does not go on counting."""
        return Traffic(self.messages_in, self.messages_out, self.bytes_in, self.bytes_out)

    def came(self, frame: str | bytes) -> None:
        self.messages_in += 1
        self.bytes_in += _size(frame)

    def went(self, frame: str | bytes) -> None:
        self.messages_out += 1
        self.bytes_out += _size(frame)


def _size(frame: str | bytes) -> int:
    if isinstance(frame, bytes) or frame.isascii():
        return len(frame)
    return len(frame.encode(errors="replace"))
