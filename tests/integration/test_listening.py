"""The listeners of the tests leave no connection to the garbage collector, which would blame whatever test is next."""

import asyncio
import gc

from tests.support.listening import calling
from tests.support.proxy import reverse_proxy


async def test_a_connection_opened_in_advance_and_ended_without_a_word() -> None:
    async with reverse_proxy(9) as port:
        async with calling("127.0.0.1", port):
            pass
        await asyncio.sleep(0)
        gc.collect()


async def test_a_connection_that_is_still_open_at_the_end() -> None:
    async with reverse_proxy(9) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.sleep(0)
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()
    gc.collect()
