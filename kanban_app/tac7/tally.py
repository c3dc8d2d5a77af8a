"""Counting how often each of very many texts has been met, in little memory."""

from array import array
from bisect import bisect_left
from typing import Final

_WORD: Final = (1 << 64) - 1
_SHELF: Final = 56
"""The upper bits of a hash say on which of 256 shelves it stands, so that none gets long."""


class Tally:
    """A count for each text, 0 for one that was never added. For this process only.

    It keeps sorted 64-bit hashes, not the texts: 8 bytes for each, and a little more for those that come again. Among a
    million texts the probability that any two are taken for one is 3 in 100 million.
    """

    def __init__(self) -> None:
        self._shelves: dict[int, array[int]] = {}
        self._often: dict[int, int] = {}

    def __getitem__(self, text: str) -> int:
        key = hash(text) & _WORD
        shelf = self._shelves.get(key >> _SHELF)
        if shelf is None:
            return 0
        place = bisect_left(shelf, key)
        return self._often.get(key, 1) if place < len(shelf) and shelf[place] == key else 0

    def __len__(self) -> int:
        """How many different texts there are."""
        return sum(len(shelf) for shelf in self._shelves.values())

    def add(self, text: str) -> None:
        key = hash(text) & _WORD
        shelf = self._shelves.setdefault(key >> _SHELF, array("Q"))
        place = bisect_left(shelf, key)
        if place < len(shelf) and shelf[place] == key:
            self._often[key] = self._often.get(key, 1) + 1
        else:
            shelf.insert(place, key)

    def at_least(self, text: str, count: int) -> None:
        """Count a text that was added as often as this, if it was not already."""
        if self[text] < count:
            self._often[hash(text) & _WORD] = count

    def clear(self) -> None:
        self._shelves.clear()
        self._often.clear()
