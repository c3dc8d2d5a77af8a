"""Start-up that fails: as a refusal, or as a defect."""

import logging
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette

from kanban_app.asgi import Message
from kanban_app.errors import StartRefusal
from kanban_app.serving.server import LifespanGuard


@pytest.fixture(autouse=True)
def logger_of_uvicorn() -> Iterator[None]:
    """A refusal silences it, which is right for a process that ends."""
    yield
    logging.getLogger("uvicorn.error").disabled = False


def app_that_raises(error: BaseException) -> LifespanGuard:
    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None]:
        raise error
        yield

    return LifespanGuard(Starlette(lifespan=lifespan))


async def start(guard: LifespanGuard) -> list[Message]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "lifespan.startup"}

    async def send(message: Message) -> None:
        sent.append(message)

    await guard({"type": "lifespan", "app": None, "state": {}}, receive, send)
    return sent


@pytest.mark.parametrize("wrap", [lambda error: error, lambda error: ExceptionGroup("tasks", [ValueError(), error])])
async def test_a_refusal_of_the_app_is_kept_and_not_logged(wrap: "type[Exception]") -> None:
    refusal = StartRefusal("The database is newer than this program.")
    guard = app_that_raises(wrap(refusal))
    assert await start(guard) == [{"type": "lifespan.startup.failed", "message": ""}]
    assert guard.refusal is refusal


async def test_a_defect_stays_one() -> None:
    guard = app_that_raises(ValueError("oops"))
    with pytest.raises(ValueError, match="oops"):
        await start(guard)
    assert guard.refusal is None
