"""What agents have used by their own account: money, tokens and turns."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeGuard, cast

_READ: Final = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
_WRITTEN: Final = "output_tokens"
_MOST: Final = 10**12


@dataclass(frozen=True, slots=True)
class Spending:
    """`cost_usd` is None as long as no agent has named a price. `tokens_read` has those out of a cache, too."""

    cost_usd: float | None = None
    tokens_read: int = 0
    tokens_written: int = 0
    turns: int = 0

    @property
    def is_known(self) -> bool:
        return self != Spending()

    def plus(self, other: "Spending") -> "Spending":
        costs = [cost for cost in (self.cost_usd, other.cost_usd) if cost is not None]
        return Spending(
            # To a millionth: sums of fractions are not to show what is left over.
            cost_usd=round(sum(costs), 6) if costs else None,
            tokens_read=self.tokens_read + other.tokens_read,
            tokens_written=self.tokens_written + other.tokens_written,
            turns=self.turns + other.turns,
        )


def spending_of(result: Mapping[str, object]) -> Spending:
    """What the result of one agent says; what is no sensible number counts for nothing."""
    usage = result.get("usage")
    counts = cast("Mapping[str, object]", usage if isinstance(usage, Mapping) else {})
    cost = result.get("total_cost_usd")
    return Spending(
        cost_usd=float(cost) if _is_number(cost) else None,
        tokens_read=sum(_count(counts.get(name)) for name in _READ),
        tokens_written=_count(counts.get(_WRITTEN)),
        turns=_count(result.get("num_turns")),
    )


def _count(value: object) -> int:
    return int(value) if _is_number(value) else 0


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _MOST
