"""Who a request or a socket comes from, as the gate has found out. It puts that into the ASGI scope of each of them."""

from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote

from kanban_app.asgi import WHO_HEADER, Scope

Kind = Literal["person", "token", "run", "local", "stranger"]

BOARD: Final = "the board itself"
_KEY: Final = "kanban.who"


@dataclass(frozen=True, slots=True)
class Who:
    """`person` has signed in, `token` is a program with a bearer token, `run` a workflow process that reports.

    `local` is everyone on a board without sign-in (loopback only), and the board's own client. `stranger` is everyone
    else. `name` is for people to read and never a secret; `address` is the client's, "" where there is none.
    """

    name: str
    kind: Kind
    address: str


def who_of(scope: Scope) -> Who:
    """Who is behind a scope; a stranger where no gate has looked at it."""
    found = scope.get(_KEY)
    return found if isinstance(found, Who) else Who("a stranger", "stranger", address_of(scope))


def is_board(who: Who) -> bool:
    """Whether it is the program's own client."""
    return who.kind == "local" and who.name == BOARD


def with_who(scope: Scope, who: Who) -> Scope:
    """The scope with what the gate found out. What was said of it before does not count.

    Its headers say it, too: the events of pages come with nothing else of their socket, also when that has gone.
    """
    name = WHO_HEADER.encode()
    told = " ".join((who.kind, who.address or "-", quote(who.name))).encode("latin-1", "replace")
    headers = [entry for entry in scope.get("headers", []) if entry[0].lower() != name]
    return {**scope, _KEY: who, "headers": [*headers, (name, told)]}


def address_of(scope: Scope) -> str:
    """The client's address, without its port."""
    client = scope.get("client")
    return str(client[0]) if client else ""
