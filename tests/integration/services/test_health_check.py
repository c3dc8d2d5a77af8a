"""When a service is asked how it is, and what follows from the answer."""

from pathlib import Path
from unittest.mock import patch

import pytest

from kanban_app.domain.stages import Column
from kanban_app.errors import BoardError
from kanban_app.services.health import check as health
from kanban_app.services.health.check import HealthCheck
from kanban_app.tac7.health import HealthReport, read_health
from kanban_app.tac7.trouble import Unanswered
from tests.support.board_bench import bench


class Service:
    def __init__(self) -> None:
        self.uptime = 100.0
        self.asked = 0
        self.fails = False

    async def fetch_health(self) -> HealthReport:
        self.asked += 1
        if self.fails:
            raise Unanswered("E-TIME-4", {"error": "late"})
        return read_health({"status": "healthy", "uptime_seconds": self.uptime})


async def test_q06_a_service_is_not_asked_while_a_start_waits_for_its_answer(tmp_path: Path) -> None:
    async with bench(tmp_path / "kanban.db") as b:
        service = Service()
        check = HealthCheck(b.keeper, service, lambda: None)
        await b.move(await b.create(), Column.PLAN)
        await b.dispatch()
        with pytest.raises(BoardError) as error:
            await check.ask()
        assert (error.value.code, service.asked) == ("E-HEALTH-11", 0)


async def test_q06_a_service_is_asked_once_a_minute(tmp_path: Path) -> None:
    async with bench(tmp_path / "kanban.db") as b:
        service = Service()
        check = HealthCheck(b.keeper, service, lambda: None)
        first = await check.ask()
        assert await check.ask() is first
        assert service.asked == 1


async def test_a_service_that_is_too_slow_is_left_alone(tmp_path: Path) -> None:
    async with bench(tmp_path / "kanban.db") as b:
        service = Service()
        service.fails = True
        check = HealthCheck(b.keeper, service, lambda: None)
        codes: list[str] = []
        for _ in range(2):
            with pytest.raises(BoardError) as error:
                await check.ask()
            codes.append(error.value.code)
        assert (codes, service.asked) == (["E-TIME-4", "E-HEALTH-11"], 1)


async def test_a_smaller_uptime_means_a_restart(tmp_path: Path) -> None:
    restarts: list[bool] = []
    async with bench(tmp_path / "kanban.db") as b:
        service = Service()
        check = HealthCheck(b.keeper, service, lambda: restarts.append(True))
        with patch.object(health, "EVERY_S", 0.0):
            await check.ask()
            service.uptime = 160.0
            await check.ask()
            assert restarts == []
            service.uptime = 2.0
            await check.ask()
        assert restarts == [True]
