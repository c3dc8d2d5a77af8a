"""Ranks: strings whose order is the order of the cards in a column, with room between any two."""

from typing import Final

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_BASE: Final = len(_DIGITS)
_MIDDLE: Final = _DIGITS[_BASE // 2]
_WIDTH: Final = 4


def rank_between(low: str | None, high: str | None) -> str:
    """A rank strictly between two others; None stands for the very top (`low`) or the very end (`high`).

    Ranks never end in "0", so that there is always room below them. At the top and at the end they count by ones in
    the first four digits, so that long rows of additions stay short. Raises ValueError unless `low < high`.
    """
    if low is not None and high is not None and low >= high:
        msg = f"no rank lies between {low!r} and {high!r}"
        raise ValueError(msg)
    if low is not None and high is not None:
        return _middle(low, high)
    if low is not None:
        return _after(low)
    return _MIDDLE if high is None else _before(high)


def is_rank(text: str) -> bool:
    """Whether a text of others can stand among our ranks."""
    return bool(text) and set(text) <= set(_DIGITS) and not text.endswith("0")


def _after(low: str) -> str:
    head = _head(low)
    if head == _BASE**_WIDTH - 1:
        return low[:_WIDTH] + _after(low[_WIDTH:])
    return _written(head + 1)


def _before(high: str) -> str:
    head = _head(high)
    if head > 1:
        return _written(head - 1)
    rest = high[_WIDTH:]
    if head == 1 and rest:
        return _written(head)
    return "0" * _WIDTH + (_before(rest) if rest else _MIDDLE)


def _head(rank: str) -> int:
    return int(rank[:_WIDTH].ljust(_WIDTH, "0"), _BASE)


def _written(head: int) -> str:
    digits = ""
    for _ in range(_WIDTH):
        head, digit = divmod(head, _BASE)
        digits = _DIGITS[digit] + digits
    return digits.rstrip("0")


def _middle(low: str, high: str | None) -> str:
    shared = _shared_prefix(low, high)
    if shared and high is not None:
        return high[:shared] + _middle(low[shared:], high[shared:])
    first = _DIGITS.index(low[0]) if low else 0
    last = _DIGITS.index(high[0]) if high else _BASE
    if last - first > 1:
        return _DIGITS[(first + last) // 2]
    if high is not None and len(high) > 1:
        return high[0]
    return _DIGITS[first] + _middle(low[1:], None)


def _shared_prefix(low: str, high: str | None) -> int:
    """How many leading digits both have, `low` being continued by zeros."""
    if high is None:
        return 0
    count = 0
    while count < len(high) and (low[count] if count < len(low) else "0") == high[count]:
        count += 1
    return count
