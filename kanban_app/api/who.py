"""Who a request or a socket comes from, as the gate has found out. It puts that into the ASGI scope of each of them."""

from dataclasses import dataclass
from typing import Final, Literal

from kanban_app.asgi import Scope

Kind = Literal["person", "token", "run", "local", "stranger"]

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


def with_who(scope: Scope, who: Who) -> Scope:
    """The scope with what the gate found out. What was said of it before does not count."""
    return {**scope, _KEY: who}


def address_of(scope: Scope) -> str:
    """The client's address, without its port."""
    client = scope.get("client")
    return str(client[0]) if client else ""
