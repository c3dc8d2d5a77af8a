"""`python -m tests.support.fault_service --vintage v0|v1|ours [--port N] [--state FILE] [--faults JSON]`.

Prints its ports as JSON. With `--state` it keeps requests, starts and journal in that file and takes them up again.
"""

import argparse
import asyncio
import json
from pathlib import Path

from kanban_app.domain.workflows import Vintage
from tests.support.control import serve
from tests.support.fault_service.server import FaultServer


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--vintage", type=Vintage, default=Vintage.OURS)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--state", type=Path)
    parser.add_argument("--faults", type=json.loads, default={})
    arguments = parser.parse_args()
    server = FaultServer(arguments.vintage, arguments.port, arguments.state)
    await server.do_set(**arguments.faults)
    await server.start()
    server.resume_runs()
    await serve(server.handle, {"port": server.port})


if __name__ == "__main__":
    asyncio.run(main())
