"""What it costs to render descriptions: an ordinary one, and the slowest that a card can have."""

import asyncio
import time
from dataclasses import dataclass
from typing import Final

from benchmarks.measuring import Figures
from benchmarks.percentiles import median, percentile
from kanban_app.domain.cards import TEXT_LIMIT
from kanban_app.services.markdown import Markdown, to_html
from tests.support.staged import WRITTEN

TICK_S: Final = 0.005
# What makes a Markdown parser look again and again at what it has already seen.
HOSTILE: Final = (
    "[",
    "![",
    "![[]()",
    "[a](",
    "*a_ ",
    "**a _b~~c ",
    "> - ",
    "a|b\n-|-\n",
    "# a\n",
    "<a:",
    "http://a)",
    "`a``b",
)


@dataclass(frozen=True, slots=True)
class Rendering:
    times: int

    def measure(self) -> Figures:
        ordinary = [_seconds(WRITTEN) for _ in range(self.times)]
        texts = [(text * TEXT_LIMIT)[:TEXT_LIMIT] for text in HOSTILE]
        slowest = max(texts, key=_seconds)
        late = asyncio.run(_lateness(slowest))
        return {
            "ordinary": (median(ordinary) * 1000, "ms"),
            "slowest": (_seconds(slowest) * 1000, "ms"),
            "loop_p95": (percentile(late, 95) * 1000, "ms"),
            "loop_max": (max(late) * 1000, "ms"),
        }


def _seconds(text: str) -> float:
    begin = time.perf_counter()
    to_html(text)
    return time.perf_counter() - begin


async def _lateness(text: str) -> list[float]:
    """How late the event loop wakes up while the text is rendered beside it."""
    late: list[float] = []
    rendering = asyncio.create_task(Markdown().html(text))
    while not rendering.done():
        begin = time.perf_counter()
        await asyncio.wait([rendering], timeout=TICK_S)
        late.append(max(0.0, time.perf_counter() - begin - TICK_S))
    return late
