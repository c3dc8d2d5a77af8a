"""A small reverse proxy: changes the head of each request, passes everything else on, sockets included."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from tests.support.listening import calling, listening, pipe


@asynccontextmanager
async def reverse_proxy(
    upstream_port: int,
    *,
    tells_host: bool = True,
    listen_host: str = "127.0.0.1",
    says: Mapping[str, str] | None = None,
) -> AsyncGenerator[int]:
    """The port of a proxy that asks for `127.0.0.1:<upstream_port>` and, if `tells_host`, adds X-Forwarded-Host.

    `says` are more fields that it adds. What the browser says in these fields it passes on, as a careless proxy does.
    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        async with calling("127.0.0.1", upstream_port) as (upstream_reader, upstream_writer):
            upstream_writer.write(_rewritten(head, upstream_port, says or {}, tells_host=tells_host))
            await asyncio.gather(pipe(reader, upstream_writer), pipe(upstream_reader, writer))

    async with listening(serve, listen_host) as port:
        yield port


def _rewritten(head: bytes, upstream_port: int, says: Mapping[str, str], *, tells_host: bool) -> bytes:
    """One request per connection, so that only one head per connection has to be found."""
    request_line, *lines = head.rstrip(b"\r\n").split(b"\r\n")
    fields = [line.split(b": ", 1) for line in lines]
    host = next(value for name, value in fields if name.lower() == b"host")
    is_upgrade = any(name.lower() == b"upgrade" for name, _ in fields)
    dropped = {b"host"} if is_upgrade else {b"host", b"connection"}
    kept = [b": ".join(entry) for entry in fields if entry[0].lower() not in dropped]
    added = [f"Host: 127.0.0.1:{upstream_port}".encode()]
    added += [b"X-Forwarded-Host: " + host] if tells_host else []
    kept += [f"{name}: {value}".encode() for name, value in says.items()]
    added += [] if is_upgrade else [b"Connection: close"]
    return b"\r\n".join([request_line, *added, *kept, b"", b""])
