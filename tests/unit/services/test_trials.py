"""Trial connections that nobody waits for."""

import asyncio

import pytest

from kanban_app.errors import BoardError
from kanban_app.services.trials import MOST, Fields, Trials
from tests.support.waiting import eventually


class Line:
    def __init__(self) -> None:
        self.tried: list[Fields] = []
        self.may_answer = asyncio.Event()
        self.trials = Trials(self.try_out)

    async def try_out(self, fields: Fields) -> str:
        self.tried.append(fields)
        await self.may_answer.wait()
        if fields.get("fails"):
            raise BoardError("E-VAL-19", {"faults": "no"})
        return f"found {fields['at']}"


async def test_what_is_found_is_fetched_once_by_whom_it_is_for() -> None:
    line = Line()
    line.trials.begin("one", {"at": "a"})
    line.trials.begin("one", {"at": "b"})
    line.trials.begin("other", {"fails": "yes"})
    assert line.trials.take("one") is None
    line.may_answer.set()
    await eventually(lambda: line.trials.news.version == 2)
    ended, failed = line.trials.take("one"), line.trials.take("other")
    assert ended
    assert (ended.found, ended.error, len(line.tried)) == ("found a", None, 2)
    assert failed
    assert failed.error
    assert failed.error.code == "E-VAL-19"
    assert line.trials.take("one") is None


async def test_there_is_a_bound_and_an_end() -> None:
    line = Line()
    for number in range(MOST):
        line.trials.begin(str(number), {"at": "a"})
    with pytest.raises(BoardError, match="under way"):
        line.trials.begin("one more", {"at": "a"})
    assert line.trials.is_under_way("0")
    before = line.trials.news.version
    await line.trials.aclose()
    assert not line.trials.is_under_way("0")
    assert line.trials.news.version != before, "who waits for one learns that there is none any more"
    line.trials.begin("one more", {"at": "a"})
    await line.trials.aclose()
