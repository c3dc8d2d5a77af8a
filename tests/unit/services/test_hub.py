"""What a viewer of the board is told, and when."""

import asyncio

from kanban_app.services.hub import Change, Hub


async def test_while_there_is_no_room_changes_are_merged() -> None:
    hub, room = Hub(), False
    async with hub.subscribe() as subscription:
        frames = subscription.frames(0, lambda: room)
        coming = asyncio.ensure_future(anext(frames))
        for number in range(100):
            hub.publish(Change(tasks=frozenset({f"card {number % 3}"})))
            await asyncio.sleep(0)
        assert not coming.done()
        room = True
        assert (await coming).tasks == {"card 0", "card 1", "card 2"}
