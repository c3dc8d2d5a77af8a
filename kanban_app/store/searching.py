"""Full-text search of cards and logs, by the indexes of SQLite (FTS5).

Cards: any part of a text, of three signs or more by the index of trigrams, shorter ones by a look at all texts. The
index belongs to the rows: triggers change both in one transaction.

Logs: words by their beginning. `BLOCK` consecutive lines of a run are one document, so that a common word leads to a
few thousand blocks and not to a million lines; which line it is, a look at the block tells. Blocks are indexed after
the fact, step by step (`next_steps`), since that may take as long as it takes; what is not indexed yet is looked
through line by line, the newest `TAIL` lines of each run.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from kanban_app.store.tables import DEFAULT_PROJECT, table

BLOCK: Final = 64
TAIL: Final = 2000
_STEP_BLOCKS: Final = 2
_SETTLED: Final = timedelta(seconds=60)
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LINE: Final = 4000
_RUNS: Final = 500
_DEEP: Final = 12
_TRIGRAM: Final = 3
_ESCAPE: Final = "\\"

_LOG: Final = table("run_log")
_SEARCHED: Final = table("search_run")

_CARDS: Final = """
    SELECT search_card.task_id FROM search_card_text JOIN search_card ON search_card.key = search_card_text.rowid
    WHERE {like}
"""
_CARDS_BY_INDEX: Final = f"{_CARDS} AND search_card_text MATCH :match"
_BLOCKS: Final = """
    WITH block AS MATERIALIZED (
        SELECT rowid >> 32 AS run_key, rowid & 4294967295 AS first
        FROM search_log_text WHERE search_log_text MATCH :match
    ), newest AS (
        SELECT DISTINCT run_key FROM block ORDER BY run_key DESC LIMIT :runs
    ), near AS (
        SELECT run_key, first, row_number() OVER (PARTITION BY run_key ORDER BY first DESC) AS place
        FROM block WHERE run_key IN newest
    )
    SELECT line.adw_id, max(line.seq) AS seq, line.message
    FROM near JOIN search_run ON search_run.key = near.run_key
    JOIN run_log AS line ON line.adw_id = search_run.adw_id
        AND line.seq >= near.first AND line.seq < near.first + :block
    WHERE near.place BETWEEN :nearest AND :farthest AND {like}
        AND line.adw_id NOT IN (SELECT value FROM json_each(:found))
    GROUP BY line.adw_id
"""
_TAILS: Final = """
    WITH tail AS MATERIALIZED (
        SELECT run.adw_id, coalesce(search_run.indexed, 0) AS indexed,
            coalesce((SELECT max(seq) FROM run_log WHERE adw_id = run.adw_id), 0) AS last
        FROM run LEFT JOIN search_run ON search_run.adw_id = run.adw_id
    )
    SELECT line.adw_id, max(line.seq) AS seq, line.message
    FROM tail JOIN run_log AS line ON line.adw_id = tail.adw_id
        AND line.seq > max(tail.indexed, tail.last - :tail) AND line.seq <= tail.last
    WHERE tail.last > tail.indexed AND {like}
    GROUP BY line.adw_id
"""
_PENDING: Final = sa.text(
    """
    SELECT adw_id, indexed, last FROM (
        SELECT run.adw_id, coalesce(search_run.indexed, 0) AS indexed,
            coalesce((SELECT max(seq) FROM run_log WHERE adw_id = run.adw_id), 0) AS last
        FROM run LEFT JOIN search_run ON search_run.adw_id = run.adw_id
    ) AS tail
    WHERE last - indexed >= :block OR (
        last > indexed AND (SELECT at FROM run_log WHERE run_log.adw_id = tail.adw_id AND seq = last) < :settled
    )
    LIMIT 16
    """
).bindparams(sa.bindparam("settled", type_=_LOG.c.at.type))
INDEXED: Final = sa.select(_SEARCHED.c.adw_id, _SEARCHED.c.indexed)
_KNOWN_RUN: Final = sa.text(
    "INSERT INTO search_run (project_id, adw_id, indexed) VALUES (:project, :adw_id, 0) ON CONFLICT DO NOTHING"
)
INDEXED_LINE: Final = f"""CASE
    WHEN instr(message, char(27)) THEN plain_text(substr(message, 1, {_LINE})) ELSE substr(message, 1, {_LINE}) END"""
"""What of a line is in the index. To take it out again, the same has to be said."""

# Put together of constants of this module.
_ADD_BLOCKS: Final = sa.text(
    f"""
    INSERT INTO search_log_text (rowid, text)
    SELECT (SELECT key FROM search_run WHERE adw_id = :adw_id) << 32 | min(seq), group_concat(part, char(10))
    FROM (
        SELECT seq, (seq - :indexed - 1) / :block AS place, {INDEXED_LINE} AS part
        FROM run_log WHERE adw_id = :adw_id AND seq > :indexed AND seq <= :upto
    )
    GROUP BY place
    """  # noqa: S608
)

MERGE: Final = sa.text("INSERT INTO search_log_text (search_log_text, rank) VALUES ('merge', :pages)").bindparams(
    pages=64
)
"""One step of merging what was indexed, at most so many pages: some milliseconds; belongs to each transaction."""


@dataclass(frozen=True, slots=True)
class LogHit:
    """The newest line of a run that has all words."""

    adw_id: str
    seq: int
    message: str


@dataclass(frozen=True, slots=True)
class LogHits:
    """`complete`: of no run more lines wait to be indexed than were looked through."""

    hits: dict[str, LogHit]
    complete: bool


@dataclass(frozen=True, slots=True)
class Step:
    """Lines of a run to be indexed: those after `indexed` up to `upto`."""

    adw_id: str
    indexed: int
    upto: int


class Fetch(Protocol):
    """`Store.fetch`."""

    async def __call__(
        self, *statements: sa.Executable, parameters: dict[str, Any] | None = None
    ) -> list[Sequence[RowMapping]]: ...


async def find_cards(fetch: Fetch, words: Sequence[str]) -> list[str]:
    """The ids of the cards, deleted ones too, whose texts have all of these words."""
    long = [word for word in words if len(word) >= _TRIGRAM]
    short = [word for word in words if len(word) < _TRIGRAM]
    like, parameters = _like("search_card_text.text", short)
    if long:
        parameters["match"] = " AND ".join(_quoted(word) for word in long)
    (rows,) = await fetch(sa.text((_CARDS_BY_INDEX if long else _CARDS).format(like=like)), parameters=parameters)
    return [row["task_id"] for row in rows]


async def find_lines(fetch: Fetch, words: Sequence[str]) -> LogHits:
    """The newest line with all of these words of each run that has one; of the newest `_RUNS` runs at most."""
    like, parameters = _like("line.message", words)
    tails, pending = await fetch(
        sa.text(_TAILS.format(like=like)),
        _PENDING,
        parameters={**parameters, "tail": TAIL, "block": TAIL + 1, "settled": _NEVER},
    )
    found = {row["adw_id"]: LogHit(row["adw_id"], row["seq"], row["message"]) for row in tails}
    for nearest, farthest in ((1, 1), (2, _DEEP)):
        tokens = [token for word in words for token in _tokens(word)]
        if not tokens or (nearest > 1 and len(tokens) == 1):
            break
        bounds = {
            "runs": _RUNS,
            "block": BLOCK,
            "nearest": nearest,
            "farthest": farthest,
            "found": json.dumps(list(found)),
        }
        match = " AND ".join(f"{_quoted(token)}*" for token in tokens)
        (rows,) = await fetch(sa.text(_BLOCKS.format(like=like)), parameters={**parameters, **bounds, "match": match})
        for row in rows:
            found[row["adw_id"]] = LogHit(row["adw_id"], row["seq"], row["message"])
    return LogHits(found, complete=not pending)


async def next_steps(fetch: Fetch, now: datetime) -> list[Step]:
    """What to index next, in one transaction: a few blocks, or the ends of some runs; empty when there is nothing."""
    (rows,) = await fetch(_PENDING, parameters=_due(now))
    steps: list[Step] = []
    room = _STEP_BLOCKS * BLOCK
    for row in rows:
        step = _step_of(row["adw_id"], row["indexed"], min(row["last"], row["indexed"] + room))
        room -= step.upto - step.indexed
        steps.append(step)
        if room < BLOCK:
            break
    return steps


def _step_of(adw_id: str, indexed: int, upto: int) -> Step:
    """Whole blocks; what is left of a run waits for the lines that make it one, or until the run has settled."""
    count = upto - indexed
    return Step(adw_id, indexed, upto - count % BLOCK if count >= BLOCK else upto)


def statements_of(step: Step) -> list[tuple[sa.Executable, dict[str, Any]]]:
    """What indexes the lines of a step; to be executed in one transaction."""
    bounds = {"adw_id": step.adw_id, "indexed": step.indexed, "upto": step.upto, "block": BLOCK}
    done = sa.update(_SEARCHED).where(_SEARCHED.c.adw_id == step.adw_id).values(indexed=step.upto)
    return [
        (_KNOWN_RUN, {"project": DEFAULT_PROJECT, "adw_id": step.adw_id}),
        (_ADD_BLOCKS, bounds),
        (done, {}),
    ]


def _due(now: datetime) -> dict[str, Any]:
    """How many lines of a run are to be indexed: a block, or fewer when the run has settled."""
    return {"block": BLOCK, "settled": now - _SETTLED}


def _quoted(text: str) -> str:
    """A string of the language of FTS5, in which nothing means anything."""
    return '"' + text.replace('"', '""').replace("\0", " ") + '"'


def _tokens(word: str) -> list[str]:
    """A word as the index of logs has it: letters and digits."""
    return "".join(sign if sign.isalnum() else " " for sign in word).split()


def _like(column: str, words: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """A condition that all words are in a column. SQLite ignores the case of ASCII only: others are asked for in the
    forms that they usually have.
    """
    conditions: list[str] = ["1"]
    parameters: dict[str, Any] = {}
    for number, word in enumerate(words):
        forms = [word] if word.isascii() else list(dict.fromkeys((word, word.lower(), word.upper(), word.capitalize())))
        names = [f"word_{number}_{form}" for form in range(len(forms))]
        parameters |= {name: f"%{_escaped(form)}%" for name, form in zip(names, forms, strict=True)}
        alternatives = " OR ".join(f"{column} LIKE :{name} ESCAPE '{_ESCAPE}'" for name in names)
        conditions.append(f"({alternatives})")
    return " AND ".join(conditions), parameters


def _escaped(text: str) -> str:
    for sign in (_ESCAPE, "%", "_"):
        text = text.replace(sign, _ESCAPE + sign)
    return text
