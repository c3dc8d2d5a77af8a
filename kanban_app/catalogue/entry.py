"""What an entry of the error catalogue is made of."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Tag(StrEnum):
    """Where a failure comes from, and with that how it is tested."""

    WIRE = "wire"
    """From what the service or the network does: a message, a close code, an HTTP status, an exception of a socket."""
    LOCAL = "local"
    """From a decision, a limit or a clock of our own."""
    BROWSER = "browser"
    """From what happens to a page."""
    IMPOSSIBLE = "impossible"
    """Not in this product; `Entry.why` says why not."""


class Act(StrEnum):
    """What a button of a failure does. Everything else that an entry suggests is advice for a person."""

    RETRY = "retry"
    START = "start"
    START_OVER = "start-over"
    START_FROM_FIRST = "start-from-first"
    ADD_STAGE_AND_RUN = "add-stage-and-run"
    CANCEL_RUN = "cancel-run"
    MERGE = "merge"
    CHECK = "check"
    START_AGAIN = "start-again"
    NOT_RUNNING = "not-running"
    STAGE_DONE = "stage-done"
    RELEASE = "release"
    START_ANYWAY = "start-anyway"
    EDIT = "edit"
    OPEN_LOG = "open-log"
    RELOAD_CARD = "reload-card"
    SAVE_OVER = "save-over"
    RETRY_NOW = "retry-now"
    CONNECT = "connect"
    OPEN_SETTINGS = "open-settings"
    RELOAD = "reload"


LABELS: Final[dict[Act, str]] = {
    Act.RETRY: "Retry",
    Act.START: "Start",
    Act.START_OVER: "Start over",
    Act.START_FROM_FIRST: "Start from {first}",
    Act.ADD_STAGE_AND_RUN: "Add {stage} and run",
    Act.CANCEL_RUN: "Stop the run",
    Act.MERGE: "Merge again",
    Act.CHECK: "Check",
    Act.START_AGAIN: "Start again",
    Act.NOT_RUNNING: "It is not running",
    Act.STAGE_DONE: "Stage done",
    Act.RELEASE: "Free its place",
    Act.START_ANYWAY: "Start anyway",
    Act.EDIT: "Edit card",
    Act.OPEN_LOG: "Open log",
    Act.RELOAD_CARD: "Reload the card",
    Act.SAVE_OVER: "Save mine",
    Act.RETRY_NOW: "Retry now",
    Act.CONNECT: "Connect",
    Act.OPEN_SETTINGS: "Open settings",
    Act.RELOAD: "Reload the page",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """Words of one code, with placeholders. `status` is the HTTP status of a request that is refused with it.

    An action is an `Act` where a button does it, and plain advice where a person must do something elsewhere. What is
    `silent` is dealt with unsaid; its words are for logs and diagnosis.
    """

    tag: Tag
    title: str
    message: str
    actions: tuple[Act | str, ...] = ()
    status: int = 409
    why: str = ""
    silent: bool = False

    @property
    def labels(self) -> tuple[str, ...]:
        """All actions in words."""
        return tuple(LABELS[action] if isinstance(action, Act) else action for action in self.actions)

    @property
    def acts(self) -> tuple[Act, ...]:
        """What buttons can do about it."""
        return tuple(action for action in self.actions if isinstance(action, Act))


def impossible(title: str, message: str, why: str, *, status: int = 409) -> Entry:
    """An entry that this product has no occasion for."""
    return Entry(Tag.IMPOSSIBLE, title, message, status=status, why=why)
