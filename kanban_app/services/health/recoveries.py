"""What the board does by itself to mend something, each step with its result."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

KEPT: Final = 50
"""How many steps are kept. Overflow policy: the oldest go."""


class Step(StrEnum):
    RECONNECT = "reconnect"
    REGISTER = "register"
    RESYNC = "resync"
    ASK_AGAIN = "ask-again"
    LOOK_ELSEWHERE = "look-elsewhere"
    SAVE_AGAIN = "save-again"


TITLES: Final = {
    Step.RECONNECT: "Connect again",
    Step.REGISTER: "Have the service repeat what was missed",
    Step.RESYNC: "Fetch runs and logs",
    Step.ASK_AGAIN: "Ask for missing messages",
    Step.LOOK_ELSEWHERE: "Look for the service at its other usual ports",
    Step.SAVE_AGAIN: "Try whether saving works again",
}


class Result(StrEnum):
    UNDER_WAY = "under way"
    WORKED = "worked"
    FAILED = "failed"
    NOT_NEEDED = "not needed"


@dataclass(slots=True)
class Recovery:
    """`began` is monotonic, `at` the time of day; `took_s` is None while it is under way."""

    step: Step
    at: datetime
    began: float
    result: Result = Result.UNDER_WAY
    text: str = ""
    took_s: float | None = None


class Recoveries:
    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._steps: deque[Recovery] = deque(maxlen=KEPT)

    @property
    def newest_first(self) -> list[Recovery]:
        return list(reversed(self._steps))

    def begin(self, step: Step, text: str = "") -> None:
        """One step of a kind at a time: one that is under way goes on."""
        found = self.under_way(step)
        if found is None:
            self._steps.append(Recovery(step, datetime.now(UTC), self._monotonic(), text=text))

    def say(self, step: Step, text: str) -> None:
        """How one that is under way goes."""
        found = self.under_way(step)
        if found is not None:
            found.text = text

    def end(self, step: Step, result: Result, text: str = "") -> None:
        """Nothing when none of this kind is under way."""
        found = self.under_way(step)
        if found is not None:
            found.result, found.took_s = result, self._monotonic() - found.began
            found.text = text or found.text

    def done(self, step: Step, result: Result, text: str) -> None:
        """One that was done as soon as it began."""
        self.begin(step)
        self.end(step, result, text)

    def under_way(self, step: Step) -> Recovery | None:
        for one in reversed(self._steps):
            if one.step is step and one.result is Result.UNDER_WAY:
                return one
        return None
