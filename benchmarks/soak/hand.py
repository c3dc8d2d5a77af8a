"""A person at the API: cards are edited, moved, made and deleted while the runs report."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, cycle
from typing import Any

from benchmarks.rig import Rig


@dataclass
class Hand:
    """Works on cards that have no run."""

    rig: Rig
    cards: list[str]
    done: int = 0
    _steps: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self._turns = cycle((self._edit, self._reorder, self._complete, self._reopen, self._make_and_delete))

    def act(self) -> None:
        """One thing after the other; each has to succeed."""
        next(self._turns)(next(self._steps))
        self.done += 1

    def _edit(self, step: int) -> None:
        path = f"/api/v1/tasks/{self._card(step)}"
        version = self.rig.api.get(path).raise_for_status().json()["version"]
        body = {"version": version, "title": f"Edited {step}", "description": f"For the **{step}th** time."}
        self.rig.api.patch(path, json=body).raise_for_status()

    def _reorder(self, step: int) -> None:
        self._move(step, column="backlog", index=step % 5)

    def _complete(self, step: int) -> None:
        self._move(step - step % 5, column="completed", action="mark")

    def _reopen(self, step: int) -> None:
        self._move(step - step % 5, column="backlog")

    def _make_and_delete(self, step: int) -> None:
        body = {"title": f"Made {step}", "stages": ["plan"]}
        made = self.rig.api.post("/api/v1/tasks", json=body).raise_for_status().json()["id"]
        self.rig.api.delete(f"/api/v1/tasks/{made}").raise_for_status()

    def _move(self, step: int, **where: Any) -> None:
        self.rig.api.post(f"/api/v1/tasks/{self._card(step)}/move", json=where).raise_for_status()

    def _card(self, step: int) -> str:
        return self.cards[step % len(self.cards)]
