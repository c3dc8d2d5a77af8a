"""Listeners that cost next to nothing: `python -m benchmarks.service.crowd URL TOKEN COUNT [--stall]`.

They shake hands, and then throw away what they get; with `--stall` they read nothing at all, through the smallest
buffer that the system gives. Prints `connected` once all are there, and ends with its standard input.
"""

import argparse
import asyncio
import base64
import os
import socket
import sys
from typing import Final
from urllib.parse import urlsplit

_CHUNK: Final = 256 * 1024
_SMALLEST: Final = 1


async def main() -> None:
    options = _options()
    url = urlsplit(options.url)
    address = (url.hostname or "127.0.0.1", url.port or 80)
    links = [await _shake_hands(address, url.path, options.token, stall=options.stall) for _ in range(options.count)]
    print("connected", flush=True)
    readers = [] if options.stall else [asyncio.create_task(_discard(link)) for link in links]
    await asyncio.to_thread(sys.stdin.read)
    for reader in readers:
        reader.cancel()
    for link in links:
        link.close()


async def _shake_hands(address: tuple[str, int], path: str, token: str, *, stall: bool) -> socket.socket:
    link = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if stall:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALLEST)
    link.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(link, address)
    key = base64.b64encode(os.urandom(16)).decode()
    lines = (
        f"GET {path} HTTP/1.1",
        f"Host: {address[0]}:{address[1]}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
        f"Authorization: Bearer {token}",
    )
    await loop.sock_sendall(link, ("\r\n".join(lines) + "\r\n\r\n").encode())
    answer = await loop.sock_recv(link, 4096)
    if b" 101 " not in answer.partition(b"\r\n")[0]:
        raise ConnectionError(answer.decode("latin-1"))
    return link


async def _discard(link: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    while await loop.sock_recv(link, _CHUNK):
        pass


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("token")
    parser.add_argument("count", type=int)
    parser.add_argument("--stall", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main())
