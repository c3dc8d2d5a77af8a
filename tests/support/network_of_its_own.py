"""A client in a network namespace whose network comes and goes. Run by `unshare`; prints what happened as JSON."""

import asyncio
import json
import subprocess
import time
from dataclasses import replace

from kanban_app.domain.connection import ConnectionState
from kanban_app.tac7.limits import Limits
from kanban_app.tac7.session_events import Ready
from tests.support.client_bench import Board, running, settings_for
from tests.support.tac7_server import FakeService
from tests.support.waiting import eventually


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


def network_comes() -> None:
    ip("link", "add", "cable0", "type", "veth", "peer", "name", "cable1")
    ip("address", "add", "10.9.9.1/24", "dev", "cable0")
    ip("link", "set", "cable1", "up")
    ip("link", "set", "cable0", "up")


async def told(board: Board) -> str | None:
    await eventually(lambda: board.client.connection.error_code == "E-CONN-22")
    return board.client.connection.error_code


async def main() -> None:
    ip("link", "set", "lo", "up")
    async with FakeService(host="0.0.0.0") as service, FakeService() as local:
        settings = replace(settings_for(service.url.replace("127.0.0.1", "10.9.9.1")), longest_pause_s=600.0)
        limits = Limits(silence_when_in_doubt_s=0.5)
        settings = replace(settings, first_pause_s=60.0, open_timeout_s=0.5, limits=limits)
        async with running(settings) as board, running(settings_for(local.url)) as at_home:
            await at_home.wait(Ready)
            code = await told(board)
            began = time.monotonic()
            network_comes()
            await board.wait(Ready)
            took = time.monotonic() - began
            ip("link", "delete", "cable0")
            await board.state(ConnectionState.RECONNECTING)
            lost = await told(board)
            began = time.monotonic()
            network_comes()
            await board.wait(Ready, 2)
            again = time.monotonic() - began
            home = len(at_home.all(Ready))
    print(json.dumps({"first": code, "then": lost, "took": [took, again], "connections_at_home": home}))


if __name__ == "__main__":
    asyncio.run(main())
