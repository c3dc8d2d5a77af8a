"""What the gate reads off a request: its headers, and the address under which the browser knows the board."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import parse_qs

from kanban_app.api.origins import HostRules, plain_address
from kanban_app.api.paths import is_page_request
from kanban_app.api.who import address_of
from kanban_app.asgi import Scope

_MOST_FIELDS: Final = 100
_SECURE: Final = frozenset({"https", "wss"})


@dataclass(frozen=True, slots=True)
class Request:
    """`host`, and the scope's scheme and client, are those of the browser, also behind a proxy that is trusted."""

    scope: Scope
    headers: Mapping[str, str]
    host: str

    @classmethod
    def read(cls, scope: Scope, hosts: HostRules) -> Self | None:
        """None when the request is for a name that is not ours.

        A proxy's word counts only from where one is trusted, and only beside a Host that is right in itself: a page of
        a foreign site that resolves to this machine can set X-Forwarded-Host too, but not Host.
        """
        headers = read_headers(scope)
        host = headers.get("host", "")
        if not hosts.knows_host(host):
            return None
        if not hosts.is_proxy(address_of(scope)):
            return cls(scope, headers, host)
        forwarded = _first(headers.get("x-forwarded-host", "")) or host
        if not hosts.knows_host(forwarded):
            return None
        scheme, client = (
            _first(headers.get("x-forwarded-proto", "")),
            _client(headers.get("x-forwarded-for", ""), hosts),
        )
        return cls(_as_forwarded(scope, forwarded, scheme, client), headers, forwarded)

    @property
    def path(self) -> str:
        return self.scope["path"]

    @property
    def method(self) -> str:
        return self.scope["method"]

    @property
    def origin(self) -> str | None:
        return self.headers.get("origin")

    @property
    def is_secure(self) -> bool:
        return self.scope.get("scheme") in _SECURE

    @property
    def is_for_page(self) -> bool:
        return is_page_request(self.method, self.path, self.headers.get("accept", ""))

    def query(self, name: str) -> str | None:
        return form_field(self.scope.get("query_string", b""), name)


def read_headers(scope: Scope) -> dict[str, str]:
    """Headers by lower-case name; what comes twice is joined, so two Host headers are no known host."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        separator = "; " if name == "cookie" else ", "
        headers[name] = f"{headers[name]}{separator}{value}" if name in headers else value
    return headers


def form_field(data: bytes, name: str) -> str | None:
    """The last value of a field in a query or a form; None when it is absent or the data are unreadable."""
    try:
        fields = parse_qs(data.decode("latin-1"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return None
    return fields[name][-1] if name in fields else None


def _first(values: str) -> str:
    return values.partition(",")[0].strip()


def _client(chain: str, hosts: HostRules) -> str | None:
    """The last address that no trusted proxy has: what is before it was said by somebody whom nobody knows.

    None where the chain is empty, or ends in something that is no address.
    """
    for text in reversed(chain.split(",")):
        address = plain_address(text.strip())
        if address is None or not hosts.is_proxy(address):
            return address
    return plain_address(_first(chain))


def _as_forwarded(scope: Scope, host: str, scheme: str, client: str | None) -> Scope:
    """The scope as the browser's own request would have made it, so that redirects lead to where it is."""
    headers = [entry for entry in scope["headers"] if entry[0].lower() != b"host"]
    changed = {**scope, "headers": [(b"host", host.encode("latin-1")), *headers]}
    if client is not None:
        changed["client"] = (client, 0)
    if scheme in {"http", "https"}:
        changed["scheme"] = scheme.replace("http", "ws") if scope["type"] == "websocket" else scheme
    return changed
