"""Remote control of a test's helper process: one JSON object a line, over TCP.

The helper (`serve`) answers each line with one line; it ends when its standard input does, so that it never outlives
the test that has started it. The test holds a `Helper`.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, Self

Json = dict[str, Any]
ROOT: Final = Path(__file__).resolve().parents[2]
ANSWER_S: Final = 240.0


async def serve(handle: Callable[[Json], Awaitable[Json]], ports: Json) -> None:
    """Print `ports` with our own, then answer until the end of standard input."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            answer = await handle(json.loads(line))
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, limit=2**24)
    print(json.dumps({**ports, "control": server.sockets[0].getsockname()[1]}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    os._exit(0)


class Helper:
    """A helper process. `ports` is what it has printed; every call waits for its answer."""

    def __init__(self, module: str, *arguments: str) -> None:
        self.module = module
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        first = self.process.stdout.readline()
        assert first, f"{module} did not start"
        self.ports: dict[str, int] = json.loads(first)
        self._socket = socket.create_connection(("127.0.0.1", self.ports["control"]), timeout=ANSWER_S)
        self._lines = self._socket.makefile("rwb")

    def do(self, what: str, **arguments: object) -> Json:
        self._lines.write(json.dumps({"do": what, **arguments}).encode() + b"\n")
        self._lines.flush()
        line = self._lines.readline()
        assert line, f"{self.module} has gone"
        return json.loads(line)

    def kill9(self) -> None:
        self.process.kill()
        self.close()

    def close(self) -> None:
        self._lines.close()
        self._socket.close()
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                stream.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
