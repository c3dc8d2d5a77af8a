"""A small reverse proxy: changes the head of each request, passes everything else on, sockets included."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


@asynccontextmanager
async def reverse_proxy(
    upstream_port: int, *, tells_host: bool = True, listen_host: str = "127.0.0.1"
) -> AsyncGenerator[int]:
    """The port of a proxy that asks for `127.0.0.1:<upstream_port>` and, if `tells_host`, adds X-Forwarded-Host."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", upstream_port)
            upstream_writer.write(_rewritten(head, upstream_port, tells_host=tells_host))
            await asyncio.gather(_pipe(reader, upstream_writer), _pipe(upstream_reader, writer))

    # Not `async with`: from Python 3.12 that waits for all connections, and browsers keep theirs.
    server = await asyncio.start_server(serve, listen_host, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def _rewritten(head: bytes, upstream_port: int, *, tells_host: bool) -> bytes:
    """One request per connection, so that only one head per connection has to be found."""
    request_line, *lines = head.rstrip(b"\r\n").split(b"\r\n")
    fields = [line.split(b": ", 1) for line in lines]
    host = next(value for name, value in fields if name.lower() == b"host")
    is_upgrade = any(name.lower() == b"upgrade" for name, _ in fields)
    dropped = {b"host"} if is_upgrade else {b"host", b"connection"}
    kept = [b": ".join(entry) for entry in fields if entry[0].lower() not in dropped]
    added = [f"Host: 127.0.0.1:{upstream_port}".encode()]
    added += [b"X-Forwarded-Host: " + host] if tells_host else []
    added += [] if is_upgrade else [b"Connection: close"]
    return b"\r\n".join([request_line, *added, *kept, b"", b""])


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(ConnectionError, OSError):
        writer.close()
