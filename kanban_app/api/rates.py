"""How often something may happen, by whom: buckets that empty with every use and fill with time."""

from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final

# Clients that are remembered. The one that was seen longest ago is forgotten for the next, and its bucket is full then.
MOST_CLIENTS: Final = 4096
# Whoever has one IPv6 address has this many bits of them.
_IPV6_NETWORK: Final = 64


class Buckets:
    """One bucket a client: `burst` uses at once, and `per_s` in the long run."""

    def __init__(self, burst: float, per_s: float) -> None:
        self._burst, self._per_s = burst, per_s
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str, now: float) -> float:
        """Use one; 0.0, or the seconds until there is one, in which case nothing is used."""
        level = self._level(client, now)
        if level < 1:
            return (1 - level) / self._per_s
        self._buckets[client] = (level - 1, now)
        self._buckets.move_to_end(client)
        while len(self._buckets) > MOST_CLIENTS:
            self._buckets.popitem(last=False)
        return 0.0

    def wait(self, client: str, now: float) -> float:
        """What `take` would say."""
        level = self._level(client, now)
        return 0.0 if level >= 1 else (1 - level) / self._per_s

    def is_untouched(self, client: str, now: float) -> bool:
        """Whether the bucket is full."""
        return self._level(client, now) >= self._burst

    def _level(self, client: str, now: float) -> float:
        level, since = self._buckets.get(client, (self._burst, now))
        return min(self._burst, level + max(0.0, now - since) * self._per_s)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of what a client may do. For strangers there is nothing but the sign-in and two probes.

    A workflow process of this machine that reports, and the board's own client, are not held up.
    """

    requests_burst: float = 5000
    requests_per_s: float = 1000
    strangers_burst: float = 300
    strangers_per_s: float = 30
    sockets_per_client: int = 256
    sockets: int = 1024
    frames_burst: float = 3000
    frames_per_s: float = 300


class WrongTries:
    """Holds up those who try tokens, at one door (the form, or the Authorization header).

    Each client has `_BURST` wrong tries and then one each `1 / _PER_S` seconds; until then it is refused unseen, so
    that a wait cannot be used for more tries. All together have more, and when those are used up only clients that have
    made no mistake are heard: a right token opens, whatever others do. So does one that was right from the same address
    before, for programs that share it with one that still has an old token.
    """

    _BURST: Final = 10
    _PER_S: Final = 1 / 6
    _BURST_OF_ALL: Final = 200
    _PER_S_OF_ALL: Final = 2.0
    # Digests of tokens that were right, by address; the oldest is forgotten for the next.
    _PROVEN: Final = 1024

    def __init__(self) -> None:
        self._clients = Buckets(self._BURST, self._PER_S)
        self._all = Buckets(self._BURST_OF_ALL, self._PER_S_OF_ALL)
        self._proven: OrderedDict[tuple[str, bytes], None] = OrderedDict()

    def wait(self, client: str, now: float, digest: bytes = b"") -> float:
        """Seconds until a token of this client is looked at; 0.0 for now."""
        if (client, digest) in self._proven:
            return 0.0
        own = self._clients.wait(client, now)
        if own or self._clients.is_untouched(client, now):
            return own
        return self._all.wait("", now)

    def wrong(self, client: str, now: float) -> None:
        self._clients.take(client, now)
        self._all.take("", now)

    def right(self, client: str, digest: bytes) -> None:
        self._proven[client, digest] = None
        self._proven.move_to_end((client, digest))
        while len(self._proven) > self._PROVEN:
            self._proven.popitem(last=False)


class OpenSockets:
    """How many sockets there are, by client and in all. One too many is refused."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._counts: dict[str, int] = {}

    def enter(self, client: str) -> bool:
        """Whether there is room; then `leave` has to follow."""
        count = self._counts.get(client, 0)
        if count >= self._limits.sockets_per_client or sum(self._counts.values()) >= self._limits.sockets:
            return False
        self._counts[client] = count + 1
        return True

    def leave(self, client: str) -> None:
        count = self._counts.pop(client) - 1
        if count:
            self._counts[client] = count


def client_of(address: str) -> str:
    """By what a client is told from others: its address, or its network where it has many of them."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(IPv6Address(int(found) >> _IPV6_NETWORK << _IPV6_NETWORK))
