"""Figures, grades, alerts and steps over a board, with a clock that the test moves."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pytest

from kanban_app.domain.alerts import Alert
from kanban_app.domain.connection import Connection, ConnectionState
from kanban_app.domain.stages import Column
from kanban_app.errors import BoardError
from kanban_app.services.health import check as health_check
from kanban_app.services.health.surroundings import Elsewhere
from kanban_app.services.health.views import HealthView
from kanban_app.store.database import Store
from kanban_app.store.failures import StoreUnavailable
from kanban_app.tac7 import session_events as s
from kanban_app.tac7.health import HealthReport, read_health
from kanban_app.tac7.trouble import Unanswered
from tests.support.board_bench import Bench, bench
from tests.support.health_bench import SECRET, HealthBench
from tests.support.waiting import eventually


class Watched(HealthBench):
    """Beside a board; the connection is the scripted sender's."""

    def __init__(self, board: Bench, poll_s: float = 0.0) -> None:
        self.board = board
        super().__init__(board.keeper, board.hub, board.store, lambda: board.sender.connection, poll_s=poll_s)

    def is_now(self, **fields: object) -> None:
        connection = replace(self.board.sender.connection, **fields)  # pyright: ignore[reportArgumentType]
        self.board.sender.connection = connection
        self.becomes(connection)

    def goes(
        self, code: str = "E-CONN-7", state: ConnectionState = ConnectionState.RECONNECTING, tries: int = 1
    ) -> None:
        self.is_now(state=state, error_code=code, error_params={"url": "ws://service"}, attempt=tries)

    def comes(self) -> None:
        self.is_now(state=ConnectionState.CONNECTED, error_code=None, attempt=0)

    @property
    def view(self) -> HealthView:
        return self.desk.view()

    def codes(self) -> list[tuple[str, str, str]]:
        return [(alert.code, alert.severity, alert.state) for alert in self.view.alerts]

    def area(self, name: str) -> str:
        return next(area.grade for area in self.view.areas if area.id == name)


@asynccontextmanager
async def watched(path: Path, poll_s: float = 0.0) -> AsyncGenerator[Watched]:
    async with bench(path / "kanban.db") as board:
        one = Watched(board, poll_s)
        await one.monitor.load()
        yield one


async def test_a_new_board_knows_nothing_and_a_connected_one_is_healthy(tmp_path: Path) -> None:
    async with watched(tmp_path) as w:
        assert (w.view.grade, w.view.score) == ("unknown", None)
        w.comes()
        w.trips(10, 20, 30)
        await w.passes(2)
        assert (w.view.grade, w.view.reasons, w.view.next_steps) == ("healthy", [], [])
        assert w.area("latency") == "healthy"
        assert w.area("reliability") == "unknown"
        assert w.changes == 1, "screens hear of another grade once"


async def test_round_trips(tmp_path: Path) -> None:
    async with watched(tmp_path) as w:
        w.comes()
        w.trips(*range(1, 21))
        await w.passes(1)
        trip = w.view.round_trip
        assert (trip.samples, trip.last_ms, trip.mean_ms, trip.p50_ms, trip.p95_ms) == (20, 20, 15.5, 10, 19)
        assert (trip.min_ms, trip.max_ms, trip.jitter_ms) == (1, 20, 1)


async def test_e_health_4_and_5_a_slow_connection(tmp_path: Path) -> None:
    async with watched(tmp_path) as w:
        w.comes()
        w.trips(*[10] * 10)
        await w.passes(2)
        w.trips(*[150] * 10)
        await w.passes(4)
        assert w.view.grade == "healthy", "what has just begun changes nothing"
        await w.passes(3)
        assert (w.view.grade, [reason.code for reason in w.view.reasons]) == ("degraded", ["E-HEALTH-4"])
        assert w.codes() == []
        w.trips(*[400] * 10)
        await w.passes(7)
        assert w.codes() == [("E-HEALTH-5", "warning", "open")]
        assert "400 ms" in w.view.sentence
        w.trips(*[1500] * 10)
        await w.passes(7)
        assert w.codes() == [("E-HEALTH-5", "critical", "open")], "it is the same one, and has got worse"
        assert [notice.alert for notice in w.told] == [False, True]
        w.trips(*[20] * 10)
        await w.passes(29)
        assert w.view.grade == "critical"
        assert "better just now" in w.view.reasons[0].message
        await w.passes(3)
        assert (w.view.grade, w.codes()) == ("healthy", [("E-HEALTH-5", "critical", "cleared")])


async def test_e_health_6_an_unstable_connection(tmp_path: Path) -> None:
    async with watched(tmp_path) as w:
        w.comes()
        for number in range(20):
            answer = s.TriggerUncertain if number % 2 else s.TriggerUnsent
            event = answer(f"a{number}", "E-TIME-1") if answer is s.TriggerUncertain else s.TriggerUnsent(f"a{number}")
            w.monitor.on_event(event)
        await w.passes(2)
        figures = w.view.reliability
        assert (figures.requests, figures.requests_failed, figures.message_success) == (20, 20, 0.0)
        assert [(code, severity) for code, severity, _ in w.codes()] == [("E-HEALTH-6", "critical")]
        assert "0 %" in w.view.reasons[0].message


async def test_a_few_starts_are_not_hidden_by_many_heartbeats(tmp_path: Path) -> None:
    async with watched(tmp_path) as w:
        w.comes()
        w.trips(*[10] * 200)
        for number in range(6):
            w.monitor.on_event(s.TriggerAnswered(f"a{number}", "accepted", "", "", None, datetime.now(UTC)))
            w.monitor.on_event(s.TriggerUncertain(f"b{number}", "E-TIME-1"))
        assert w.view.reliability.message_success == 0.5


async def test_e_health_7_frequent_disconnects(tmp_path: Path) -> None:
    async with watched(tmp_path) as w:
        w.comes()
        for count in range(1, 4):
            w.goes()
            w.comes()
            await w.passes(6)
            assert bool(w.codes()) is (count == 3)
        assert w.codes() == [("E-HEALTH-7", "warning", "open")]
        assert (w.view.uptime.disconnects_last_hour, w.view.uptime.reconnects) == (3, 3)
        w.goes("E-CONN-10")
        w.comes()
        assert w.view.uptime.disconnects == 3, "what is idle is closed by habit"
        w.now += 3600
        await w.passes(32)
        assert w.codes() == [("E-HEALTH-7", "warning", "cleared")]


async def test_e_health_8_an_outage_that_the_board_cannot_mend(tmp_path: Path) -> None:
    async with watched(tmp_path) as w:
        w.comes()
        await w.passes(1)
        w.goes()
        await w.passes(3)
        assert w.view.grade == "healthy", "most are back by then"
        await w.passes(4)
        assert w.view.grade == "degraded"
        assert w.view.recoveries[0].result == "under way"
        w.goes("E-CONN-1", tries=2)
        await w.passes(12)
        assert w.codes() == [("E-CONN-1", "warning", "open")]
        w.goes("E-CONN-1", ConnectionState.PAUSED, tries=5)
        await w.passes(60)
        assert w.codes() == [("E-HEALTH-8", "critical", "open")]
        assert "4 tries" in w.view.sentence
        assert "Workflow service not running" in w.view.sentence
        assert w.view.score == 0
        assert w.told == [], "that the connection is lost is told elsewhere, once"
        w.comes()
        await w.passes(8)
        assert (w.view.grade, w.codes()) == ("healthy", [("E-HEALTH-8", "critical", "cleared")])
        step = next(one for one in w.view.recoveries if one.step == "reconnect")
        assert step.result == "worked"
        assert step.text.startswith("At try 5, after 1 min")
        assert [entry.kind for entry in w.view.timeline if entry.kind != "grade"] == [
            "connected",
            "paused",
            "try-failed",
            "lost",
            "connected",
        ]
        assert w.view.uptime.downtime_s == pytest.approx(79, abs=1)


async def test_short_losses_do_not_flap(tmp_path: Path) -> None:
    async with watched(tmp_path) as w:
        w.comes()
        await w.passes(1)
        for _ in range(2):
            w.goes()
            await w.passes(3)
            w.comes()
            await w.passes(3)
        assert (w.view.grade, w.changes) == ("healthy", 1)


async def test_e_conn_5_the_service_is_found_at_another_port(tmp_path: Path) -> None:
    async with watched(tmp_path) as w:
        w.elsewhere = Elsewhere("8500", "8002", "ws://service:8002/ws/trigger")
        w.goes("E-CONN-1", ConnectionState.CONNECTING, tries=2)
        await w.passes(2)
        assert w.looked == 0
        w.goes("E-CONN-1", ConnectionState.OFFLINE, tries=3)
        await w.passes(1)
        await eventually(lambda: ("E-CONN-5", "warning", "open") in w.codes())
        assert w.view.recoveries[0].result == "worked"
        await w.passes(100)
        assert w.looked == 1, "not again for a while"
        w.comes()
        assert ("E-CONN-5", "warning", "cleared") in w.codes()


async def test_nobody_elsewhere(tmp_path: Path) -> None:
    async with watched(tmp_path) as w:
        w.goes("E-CONN-1", ConnectionState.OFFLINE, tries=3)
        await w.passes(1)
        await eventually(lambda: [one.result for one in w.view.recoveries] == ["failed"])
        w.is_now(embedded=True)
        w.now += 400
        await w.passes(2)
        assert w.looked == 1, "the built-in service is where it is"


def report(**answer: object) -> HealthReport:
    return read_health({"service": "adw-websocket-trigger", "status": "healthy", "uptime_seconds": 100, **answer})


@pytest.mark.parametrize(
    ("answer", "code", "grade", "severity"),
    [
        (report(), "", "healthy", ""),
        (report(status="unhealthy", error="Health check failed with 2 errors"), "E-HEALTH-1", "unhealthy", "warning"),
        (report(status="unhealthy", error="Health check failed: no uv"), "E-HEALTH-2", "healthy", ""),
        (report(health_check={"warnings": ["disk"]}), "E-HEALTH-3", "healthy", ""),
        (report(service="grafana"), "E-HEALTH-9", "critical", "critical"),
        (Unanswered("E-TIME-4", {"error": "late"}), "E-TIME-4", "degraded", ""),
        (Unanswered("E-SYS-4"), "", "healthy", ""),
    ],
)
async def test_what_the_service_says_of_itself(
    tmp_path: Path, answer: HealthReport | Unanswered, code: str, grade: str, severity: str
) -> None:
    async with watched(tmp_path, poll_s=60) as w:
        w.answer = answer
        w.comes()
        await w.passes(7)
        await eventually(lambda: w.asked == 1 and w.check.standing.asked_at)
        await w.passes(1)
        assert w.view.grade == grade
        assert [reason.code for reason in w.view.reasons] == ([code] if code else [])
        assert [(each[0], each[1]) for each in w.codes()] == ([(code, severity)] if severity else [])
        assert w.view.service.asked_at


async def test_a_long_complaint_is_cut(tmp_path: Path) -> None:
    async with watched(tmp_path, poll_s=60) as w:
        w.answer = report(status="unhealthy", error="x" * 100_000 + " with 2 errors", health_check={"warnings": ["y"]})
        w.comes()
        await w.passes(7)
        await eventually(lambda: w.check.standing.asked_at)
        await w.passes(1)
        (alert,) = await w.board.store.alerts()
        assert len(alert.params["error"]) == 500
        assert len(w.view.reasons[0].message) < 600
        assert len(w.view.service.error) == 500


async def test_q06_the_service_is_asked_rarely_and_not_while_a_start_is_open(tmp_path: Path) -> None:
    async with watched(tmp_path, poll_s=300) as w:
        w.answer = report()
        w.comes()
        await w.passes(4)
        assert w.asked == 0
        card = await w.board.create()
        await w.board.move(card, Column.PLAN)
        await w.board.dispatch()
        await w.passes(60)
        assert w.asked == 0
        await w.board.answer(w.board.task(card.id).attempt_id or "")
        await w.passes(1)
        await eventually(lambda: w.asked == 1)
        await w.passes(290)
        assert w.asked == 1
        await w.passes(20)
        await eventually(lambda: w.asked == 2)


async def test_nobody_is_asked_where_that_is_not_wanted(tmp_path: Path) -> None:
    async with watched(tmp_path, poll_s=0) as w:
        w.comes()
        await w.passes(1000)
        assert (w.asked, w.view.service.next_at) == (0, None)


async def test_e_health_9_who_is_no_trigger_service_may_say_who_it_is(tmp_path: Path) -> None:
    async with watched(tmp_path, poll_s=60) as w:
        w.answer = report(service="grafana")
        w.goes("E-CONN-4", ConnectionState.OFFLINE, tries=3)
        await w.passes(6)
        await eventually(lambda: w.check.standing.asked_at)
        await w.passes(1)
        assert "E-HEALTH-9" in [reason.code for reason in w.view.reasons]


async def test_e_health_10_a_restart_that_nobody_saw(tmp_path: Path) -> None:
    """Also when the service has been up for longer, by now, than it had been when it was asked before."""
    async with watched(tmp_path) as w:
        w.answer = report(uptime_seconds=100)
        await w.check.ask()
        w.now += 300
        w.answer = report(uptime_seconds=398)
        await w.check.ask()
        assert w.restarts == 0
        w.now += 300
        w.answer = report(uptime_seconds=450)
        await w.check.ask()
        assert w.restarts == 1
        assert (w.view.timeline[0].kind, w.view.timeline[0].code) == ("service-restarted", "E-HEALTH-10")


async def test_another_address_begins_anew(tmp_path: Path) -> None:
    async with watched(tmp_path) as w:
        w.comes()
        w.trips(*[2000] * 10)
        w.answer = report()
        await w.check.ask()
        await w.passes(2)
        assert w.codes()
        w.is_now(url="ws://other", state=ConnectionState.CONNECTING)
        assert w.codes() == [("E-HEALTH-5", "critical", "cleared")]
        await w.passes(1)
        assert (w.view.grade, w.view.round_trip.samples, w.view.service.asked_at) == ("unknown", 0, None)


async def test_somebody_disconnects(tmp_path: Path) -> None:
    async with watched(tmp_path) as w:
        w.comes()
        await w.passes(1)
        w.is_now(state=ConnectionState.DISCONNECTED, error_code="E-CONN-11")
        await w.passes(7)
        assert w.view.grade == "unknown"
        assert (w.view.uptime.disconnects, w.view.uptime.downtime_s) == (0, 0.0)


async def test_e_health_12_this_board_is_slow(tmp_path: Path) -> None:
    async with watched(tmp_path) as w:
        w.comes()
        await w.passes(1)
        await w.passes(20, late_s=0.7)
        assert w.codes() == [("E-HEALTH-12", "warning", "open")]
        assert w.view.board.loop_lag.p95_ms == pytest.approx(700, abs=1)


async def test_e_sys_12_what_cannot_be_saved_is_told_and_tried_again(tmp_path: Path) -> None:
    async with watched(tmp_path) as w:
        w.comes()
        await w.passes(1)

        async def full(_store: Store, *_: object) -> None:
            raise StoreUnavailable("disk-full")

        with patch.object(Store, "save_alerts", full):
            w.board.store.writing.failed("disk-full")
            await w.passes(7)
            assert ("E-SYS-12", "critical", "open") in w.codes()
            await eventually(lambda: [one.text for one in w.view.recoveries] == ["Not yet: disk-full."])
        await w.board.store.write_probe()
        w.now += 10
        await w.passes(33)
        assert w.view.recoveries[0].result == "worked"
        assert ("E-SYS-12", "critical", "cleared") in w.codes()


async def test_alerts_outlive_the_app_and_what_cannot_be_written_waits(tmp_path: Path) -> None:
    async with watched(tmp_path) as w:
        w.comes()
        w.trips(*[400] * 10)

        async def full(_store: Store, _alerts: list[Alert], _kept: list[int]) -> None:
            raise StoreUnavailable("disk-full")

        with patch.object(Store, "save_alerts", full):
            await w.passes(2)
        assert await w.board.store.alerts() == []
        await w.passes(11)
        (kept,) = await w.board.store.alerts()
        assert (kept.code, kept.is_open) == ("E-HEALTH-5", True)
        acknowledged = await w.desk.acknowledge(kept.seq, "ann")
        assert (acknowledged.state, acknowledged.acknowledged_by) == ("acknowledged", "ann")
        again = Watched(w.board)
        await again.monitor.load()
        assert again.codes() == [("E-HEALTH-5", "warning", "acknowledged")]
        assert again.desk.summary().open_alerts == 0
        again.comes()
        again.trips(10, 10, 10)
        await again.passes(1)
        assert again.codes() == [("E-HEALTH-5", "warning", "cleared")], "what was open is over when its cause is"
        with pytest.raises(BoardError) as error:
            await again.desk.acknowledge(99, "ann")
        assert error.value.code == "E-SYS-3"


async def test_nothing_is_written_for_a_heartbeat(tmp_path: Path) -> None:
    async with watched(tmp_path) as w:
        w.comes()
        await w.passes(2)
        before = len(w.board.store.writing.times_ms)
        for _ in range(50):
            w.trips(12)
            await w.passes(1)
        assert len(w.board.store.writing.times_ms) == before


async def test_rates_and_charts(tmp_path: Path) -> None:
    async with watched(tmp_path) as w:
        w.comes()
        for _ in range(30):
            w.traffic.came("x" * 100)
            w.traffic.went("é")
            await w.passes(1)
        traffic = w.view.traffic
        assert traffic.messages_in_per_s == pytest.approx(1.0, abs=0.05)
        assert traffic.bytes_in_per_s == pytest.approx(100, abs=5)
        assert (traffic.messages_in, traffic.bytes_out) == (30, 60)


async def test_all_is_bounded(tmp_path: Path) -> None:
    async with watched(tmp_path) as w:
        for number in range(400):
            w.comes()
            w.goes(f"E-CONN-{number % 9 + 1}", tries=1)
            w.goes("E-CONN-1", tries=2)
            w.trips(number)
        await w.passes(2)
        view = w.desk.view(points=1000)
        assert len(view.timeline) == len(view.recoveries) == 50
        assert len(view.series.points) <= 360
        assert (view.round_trip.samples, view.uptime.disconnects, view.uptime.disconnects_last_hour) == (200, 400, 100)


async def test_missed_messages_stand_among_the_steps(tmp_path: Path) -> None:
    async with watched(tmp_path) as w:
        w.monitor.on_event(s.Resumed("journal", 9, 4))
        w.monitor.on_event(s.Gap(4, 7, lost=False))
        w.monitor.on_event(s.Gap(7, 10, lost=True))
        w.monitor.catching_up()
        w.monitor.caught_up(worked=True)
        assert [(one.step, one.result) for one in w.view.recoveries] == [
            ("resync", "worked"),
            ("ask-again", "failed"),
            ("ask-again", "worked"),
            ("register", "worked"),
        ]
        assert w.view.timeline[0].text == "2 messages are gone for good."


async def test_a_diagnosis_has_everything_and_no_secret(tmp_path: Path) -> None:
    async with watched(tmp_path) as w:
        connection: Connection = w.board.sender.connection
        w.is_now(url=f"ws://ann:pw@{connection.url[5:]}")
        w.goes("E-CONN-18")
        w.is_now(error_params={"code": "1", "reason": f"Authorization: Bearer {SECRET} password=hunter22"})
        w.trips(12)
        await w.passes(8)
        text = w.desk.diagnosis()
        for word in (
            "E-CONN-18",
            "round_trip",
            "Settings",
            "Connection lost",
            "1.2.3",
            "Grade",
            "KANBAN_LOG_LEVEL=info",
        ):
            assert word in text
        for secret in (SECRET, "hunter22", "ann:pw", str(Path.home()) + "/"):
            assert secret not in text


async def test_a_defect_in_here_costs_no_board(tmp_path: Path) -> None:
    async with watched(tmp_path) as w:
        with patch.object(health_check, "EVERY_S", 0.0), patch.object(w.monitor, "_turn_s", 0.001):
            turns = 0

            async def broken(_late: float = 0.0) -> None:
                nonlocal turns
                turns += 1
                raise KeyError("a defect of ours")

            with patch.object(w.monitor, "turn", broken):
                running = asyncio.create_task(w.monitor.run())
                await eventually(lambda: turns > 2)
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
