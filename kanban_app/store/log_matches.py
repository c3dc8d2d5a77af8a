"""Where in the log of one run a text stands: all of its lines are looked at, in the database.

The index of logs (`store.searching`) is of no use here: it knows words by their beginning, and a text can begin and end
anywhere. So the lines are read, which is why the way of asking matters: `SPAN` lines at a time, so that others who read
get their turn, and `AT_ONCE` such spans beside each other, each on a connection and a core of its own. Whatever is
found, every line is read once.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from kanban_app.domain.records import LogKind, LogLevel
from kanban_app.store.searching import Fetch
from kanban_app.store.tables import table

SPAN: Final = 65_536
AT_ONCE: Final = 2
"""Fewer than there are connections that read, so that the board does not wait for a search."""

_LOG: Final = table("run_log")
_ESCAPED: Final = "*\x1b*"


@dataclass(frozen=True, slots=True)
class LogMatches:
    """`seqs` are the last lines that match, in ascending order, and `count` how many there are of them and before."""

    seqs: list[int]
    count: int


async def log_matches(
    fetch: Fetch,
    adw_id: str,
    text: str,
    *,
    before: int,
    limit: int,
    kinds: Sequence[LogKind] = (),
    levels: Sequence[LogLevel] = (),
) -> LogMatches:
    """The lines of a run that have a text, before number `before`; of these kinds and levels only, where any are given.

    Signs that only a terminal understands are no part of a line. SQLite ignores the case of ASCII alone: other texts
    are looked for in the forms that they usually have.
    """
    conditions = [_LOG.c.adw_id == adw_id, _has(text)]
    if kinds:
        conditions.append(_LOG.c.kind.in_([kind.value for kind in kinds]))
    if levels:
        conditions.append(_LOG.c.level.in_([level.value for level in levels]))
    seqs: list[int] = []
    count = 0
    for spans in _together(before):
        found = await asyncio.gather(*(_in_span(fetch, conditions, span, limit - len(seqs)) for span in spans))
        for matches in found:
            seqs += matches.seqs
            count += matches.count
    return LogMatches(seqs[:limit][::-1], count)


def _together(before: int) -> Iterator[list[range]]:
    """The spans of the numbers before `before`, the newest first, as many in one list as are looked through at once."""
    spans = [range(max(1, end - SPAN), end) for end in range(before, 1, -SPAN)]
    for first in range(0, len(spans), AT_ONCE):
        yield spans[first : first + AT_ONCE]


async def _in_span(fetch: Fetch, conditions: Sequence[sa.ColumnElement[bool]], span: range, limit: int) -> LogMatches:
    """What matches in one span. The numbers are in descending order, and as many as are still wanted."""
    seq = _LOG.c.seq
    seqs: list[int] = []
    if limit > 0:
        newest = sa.select(seq).where(*conditions, seq.between(span.start, span.stop - 1)).order_by(seq.desc())
        (rows,) = await fetch(newest.limit(limit))
        seqs = [row["seq"] for row in rows]
        if len(seqs) < limit:
            return LogMatches(seqs, len(seqs))
    below = seqs[-1] if seqs else span.stop
    (counted,) = await fetch(
        sa.select(sa.func.count().label("count")).where(*conditions, seq.between(span.start, below - 1))
    )
    return LogMatches(seqs, len(seqs) + counted[0]["count"])


def _has(text: str) -> sa.ColumnElement[Any]:
    """GLOB finds a single sign in a third of the time that `instr` takes, and most lines are without one."""
    message = _LOG.c.message
    forms = [text] if text.isascii() else list(dict.fromkeys((text, text.lower(), text.upper(), text.capitalize())))

    def among(shown: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
        return sa.or_(*(shown.contains(form, autoescape=True) for form in forms))

    plain = sa.func.plain_text(message, type_=sa.String)
    return sa.case((message.op("GLOB")(_ESCAPED), among(plain)), else_=among(message))
