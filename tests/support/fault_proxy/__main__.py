"""`python -m tests.support.fault_proxy --to PORT [--port N]`. Prints its ports as JSON."""

import argparse
import asyncio

from tests.support.control import serve
from tests.support.fault_proxy.server import FaultProxy


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--to", type=int, required=True)
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()
    proxy = FaultProxy(arguments.to)
    proxy.port = arguments.port
    await proxy.start()
    await serve(proxy.handle, {"port": proxy.port})


if __name__ == "__main__":
    asyncio.run(main())
