"""What the lines of a log say about the price of the work, and how it reads."""

from collections.abc import Iterable, Mapping
from typing import Final, TypedDict, cast

from kanban_app.domain.records import LogEntry
from kanban_app.domain.reported import AgentEnded
from kanban_app.domain.spending import Spending, spending_of

RESULT: Final = "result"
"""Under this name a line's `data` has what an agent said at its end."""


class SpendingView(TypedDict):
    """Numbers for programs; null where no agent has said anything of it."""

    cost_usd: float | None
    tokens_read: int
    tokens_written: int
    turns: int


def reports_of(lines: Iterable[LogEntry]) -> list[AgentEnded]:
    """The ends of agents among lines that are new."""
    reports: list[AgentEnded] = []
    for line in lines:
        result = (line.data or {}).get(RESULT)
        if isinstance(result, Mapping):
            spent = spending_of(cast("Mapping[str, object]", result))
            reports.append(AgentEnded(line.adw_id, spent, line.at, line.attempt_id))
    return reports


def spending_view(spent: Spending) -> SpendingView:
    return SpendingView(
        cost_usd=spent.cost_usd,
        tokens_read=spent.tokens_read,
        tokens_written=spent.tokens_written,
        turns=spent.turns,
    )


def cost_words(spent: Spending) -> str:
    """The price as a person reads it; empty where it is not known."""
    if spent.cost_usd is None:
        return ""
    return "< $0.01" if 0 < spent.cost_usd < 0.01 else f"${spent.cost_usd:,.2f}"  # noqa: PLR2004 - a cent


def token_words(spent: Spending) -> str:
    """The tokens as a person reads them; empty where they are not known."""
    if not spent.tokens_read and not spent.tokens_written:
        return ""
    return f"{_short(spent.tokens_read)} tokens read, {_short(spent.tokens_written)} written"


def _short(count: int) -> str:
    for least, sign in ((999_500, "M"), (1_000, "k")):
        if count >= least:
            scaled = count / (1_000_000 if sign == "M" else 1_000)
            return f"{scaled:.1f} {sign}" if scaled < 9.95 else f"{scaled:,.0f} {sign}"  # noqa: PLR2004 - two digits
    return str(count)
