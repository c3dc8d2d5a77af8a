"""The page about the connection."""

from datetime import UTC, datetime

from kanban_app.domain.reported import SignOfLife
from kanban_app.domain.stages import Column
from kanban_app.errors import BoardError
from kanban_app.web.states.connection import ConnectionState
from tests.support.fake_services import FakeBoard
from tests.support.headless import Tab


async def test_a_run_of_others_is_listed_until_it_has_a_card(board: FakeBoard, tab: Tab) -> None:
    await board.report(SignOfLife("feedbeef"))
    await board.log("feedbeef", "one", "two")
    await tab.send(ConnectionState.show())
    (other,) = (await tab.state(ConnectionState)).others
    assert (other["adw_id"], other["last_log"], other["lines"]) == ("feedbeef", "two", 2)
    await tab.send(ConnectionState.adopt("feedbeef"))
    state = await tab.state(ConnectionState)
    assert (state.others, state.said) == ([], "The card is in Backlog.")
    (card,) = board.keeper.board.column(Column.BACKLOG)
    assert (card.title, card.run_id) == ("Run feedbeef", "feedbeef")
    await tab.send(ConnectionState.adopt("feedbeef"))
    assert (await tab.state(ConnectionState)).said == "Run id already used. A card has this run already."


async def test_what_could_not_be_used_is_shown(board: FakeBoard, tab: Tab) -> None:
    board.quarantine.add("E-PROTO-4", "", "no JSON", "<b>hello</b>", datetime.now(UTC))
    await tab.send(ConnectionState.show())
    (frame,) = (await tab.state(ConnectionState)).frames
    assert (frame["title"], frame["text"]) == ("Unreadable message", "<b>hello</b>")


async def test_the_service_is_asked_how_it_is(board: FakeBoard, tab: Tab) -> None:
    stop = await tab.start(ConnectionState.follow())
    await tab.send(ConnectionState.check_health())
    await tab.until("said", lambda said: said == "The service says that it is healthy.")
    board.health = {"status": "unhealthy", "error": "Health check failed with 2 errors"}
    await tab.send(ConnectionState.check_health())
    await tab.until("said", lambda said: said.startswith("Service reports problems. 2 of its own checks failed."))
    refusal = board.unhealthy = BoardError("E-HEALTH-11")
    await tab.send(ConnectionState.check_health())
    await tab.until("said", lambda said: said.startswith(refusal.view()["title"]))
    stop()
    assert tab.errors == []


async def test_the_tab_stays_usable_while_the_service_is_asked(board: FakeBoard, tab: Tab) -> None:
    board.may_find.clear()
    stop = await tab.start(ConnectionState.follow())
    for _ in range(2):
        await tab.send(ConnectionState.check_health())
    assert (await tab.state(ConnectionState)).said == "Asking the service…"
    await board.report(SignOfLife("feedbeef"))
    await tab.send(ConnectionState.show())
    assert (await tab.state(ConnectionState)).others
    board.may_find.set()
    await tab.until("said", lambda said: said == "The service says that it is healthy.")
    stop()
    assert board.health_asked == 1
