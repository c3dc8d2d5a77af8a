from datetime import UTC, datetime, timedelta

from kanban_app.domain.launch import Launch, LaunchState
from kanban_app.trigger_service.waiting_line import WaitingLine

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def launch(adw_id: str, second: int = 0) -> Launch:
    return Launch(
        request_id=f"r-{adw_id}",
        adw_id=adw_id,
        workflow_type="adw_orchestrator",
        state=LaunchState.QUEUED,
        token_hash="",
        run_dir="",
        created_at=BEGAN + timedelta(seconds=second),
    )


def order(line: WaitingLine) -> list[tuple[str, int | None]]:
    return [(one.adw_id, one.position) for one in line.status(0).data.waiting]


def test_nobody_overtakes_those_who_wait() -> None:
    line = WaitingLine(2)
    assert line.has_room(1)
    assert not line.has_room(2)
    line.add(launch("a"))
    assert not line.has_room(0)


def test_the_first_stays_in_line_until_it_is_out() -> None:
    line = WaitingLine(1)
    line.add(launch("a", 1), launch("b", 2))
    assert line.begin(1) is None
    begun = line.begin(0)
    assert begun is not None
    assert begun.adw_id == "a"
    assert line.is_starting("a")
    assert line.take_out("a", None) is None
    line.settle(out=False)
    assert order(line) == [("a", 1), ("b", 2)]
    line.begin(0)
    line.settle(out=True)
    assert order(line) == [("b", 1)]


def test_who_is_put_back_gets_the_old_place() -> None:
    line = WaitingLine(1)
    line.add(launch("a", 1), launch("b", 2), launch("c", 3))
    taken = line.take_out("b", "r-b")
    assert taken is not None
    assert order(line) == [("a", 1), ("c", 2)]
    line.add(taken)
    assert order(line) == [("a", 1), ("b", 2), ("c", 3)]


def test_only_the_launch_that_is_meant_is_taken_out() -> None:
    line = WaitingLine(1)
    line.add(launch("a"))
    assert line.take_out("a", "an earlier one") is None
    assert line.take_out("b", None) is None
    assert line.take_out("a", None) is not None


def test_every_change_is_told() -> None:
    line, told = WaitingLine(1), list[int]()
    line.on_change.append(lambda: told.append(len(line)))
    line.add(launch("a"))
    line.use_limit(2)
    line.begin(0)
    line.settle(out=True)
    assert told == [1, 1, 0]
