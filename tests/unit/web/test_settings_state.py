import asyncio
from typing import Any

import pytest

from kanban_app.config import Settings
from kanban_app.errors import describe
from kanban_app.services.connection_settings import Probe
from kanban_app.web import wiring
from kanban_app.web.states.settings import SettingsState
from tests.support.fake_services import FakeBoard
from tests.support.headless import Tab
from tests.support.waiting import eventually

URL = "ws://127.0.0.1:8500/ws/trigger"


async def test_the_form_begins_with_what_is_in_force_but_no_secret(tab: Tab, board: FakeBoard) -> None:
    settings = board.services.settings
    await settings.save(await settings.draft({"tac7_url": URL, "tac7_token": "s3cret"}))
    stop = await tab.start(SettingsState.follow())
    first = await tab.until("values", bool)
    stop()
    assert first["values"]["tac7_url"] == URL
    assert first["kept"]["tac7_token"] is True
    assert "s3cret" not in repr(tab.sent)


async def test_saving_applies_and_says_so(tab: Tab, board: FakeBoard) -> None:
    await tab.send(SettingsState.save({"tac7_url": URL, "max_concurrent_runs": "7", "tac7_token": ""}))
    state = await tab.state(SettingsState)
    assert (state.saved, state.faults) == (True, {})
    assert (board.applied[-1].tac7_url, board.applied[-1].max_concurrent_runs) == (URL, 7)


async def test_an_empty_token_field_keeps_the_token_and_the_mark_forgets_it(tab: Tab, board: FakeBoard) -> None:
    await tab.send(SettingsState.save({"tac7_token": "s3cret"}))
    await tab.send(SettingsState.save({"tac7_token": ""}))
    assert board.applied[-1].tac7_token is not None
    await tab.send(SettingsState.save({"tac7_token": "", "forget-tac7_token": "on"}))
    assert board.applied[-1].tac7_token is None


async def test_a_fault_is_shown_at_its_field_and_changes_nothing(tab: Tab, board: FakeBoard) -> None:
    await tab.send(SettingsState.save({"tac7_url": "nowhere", "max_concurrent_runs": "7"}))
    state = await tab.state(SettingsState)
    assert set(state.faults) == {"tac7_url"}
    assert state.faults["tac7_url"].startswith("Must be a WebSocket address")
    assert (state.saved, board.applied, state.edition) == (False, [], 0)


async def test_a_save_that_a_reconnect_ends_leaves_what_was_said_of_an_earlier_one(
    tab: Tab, board: FakeBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tab.send(SettingsState.save({"max_concurrent_runs": "many", "op_id": "page-1"}))
    begun = asyncio.Event()

    async def stands_still(_self: object, _fields: object) -> None:
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(type(board.services.settings), "draft", stands_still)
    stop = await tab.start(SettingsState.save({"max_concurrent_runs": "many", "op_id": "page-1"}))
    await begun.wait()
    stop()
    await tab.send(SettingsState.retry_now())
    state = await tab.state(SettingsState)
    assert (set(state.faults), state.answered) == ({"max_concurrent_runs"}, "page-1")


async def test_a_trial_tells_what_it_found_and_keeps_nothing(tab: Tab, board: FakeBoard) -> None:
    state = await _tried(tab, {"tac7_url": URL})
    assert (state.finding["kind"], state.busy) == ("good", False)
    assert "4 ms" in state.finding["message"]
    assert [settings.tac7_url for settings in board.probed] == [URL]
    assert board.applied == []


async def test_a_failed_trial_says_what_to_do(tab: Tab, board: FakeBoard) -> None:
    board.found = Probe(error=describe("E-CONN-1", {"url": URL}), suggestion="ws://127.0.0.1:8002/ws/trigger")
    finding = (await _tried(tab, {"tac7_url": URL})).finding
    assert (finding["kind"], finding["suggestion"]) == ("bad", "ws://127.0.0.1:8002/ws/trigger")
    assert finding["actions"]


async def test_a_fault_of_a_trial_is_shown_at_its_field(tab: Tab, board: FakeBoard) -> None:
    state = await _tried(tab, {"tac7_url": "nowhere"})
    assert set(state.faults) == {"tac7_url"}
    assert (state.busy, state.finding["kind"], board.probed) == (False, "", [])


async def test_the_tab_stays_usable_during_a_trial_and_a_second_press_begins_no_second(
    tab: Tab, board: FakeBoard
) -> None:
    board.may_find.clear()
    stop = await tab.start(SettingsState.follow_trials())
    for _ in range(2):
        await tab.send(SettingsState.test({"tac7_url": URL}))
    assert (await tab.state(SettingsState)).busy
    await tab.send(SettingsState.save({"max_concurrent_runs": "7"}))
    assert board.applied[-1].max_concurrent_runs == 7
    board.may_find.set()
    await tab.until("finding", lambda finding: finding["kind"] == "good")
    stop()
    assert len(board.probed) == 1


async def _tried(tab: Tab, form: dict[str, str]) -> SettingsState:
    stop = await tab.start(SettingsState.follow_trials())
    await tab.send(SettingsState.test(form))
    state = await tab.state(SettingsState)
    await eventually(lambda: not state.busy)
    stop()
    return state


async def test_what_was_found_while_the_page_was_loaded_anew_is_shown(tab: Tab, board: FakeBoard) -> None:
    board.may_find.clear()
    stop = await tab.start(SettingsState.follow_trials())
    await tab.send(SettingsState.test({"tac7_url": URL}))
    saving, may_go_on = asyncio.Event(), asyncio.Event()

    async def hold(_settings: Settings) -> None:
        saving.set()
        await may_go_on.wait()

    board.services.settings.on_change = hold
    await tab.start(SettingsState.save({}))
    await saving.wait()
    board.may_find.set()
    trials = board.services.settings.trials
    await trials.news.after(0)
    for _ in range(10):
        await asyncio.sleep(0)  # until the first follower has come as far as it can
    stop()
    may_go_on.set()
    stop = await tab.start(SettingsState.follow_trials())
    state = await tab.state(SettingsState)
    await eventually(lambda: state.finding["kind"] == "good")
    assert not state.busy
    stop()


async def test_a_trial_of_another_project_or_one_that_was_ended_keeps_nobody_waiting(
    tab: Tab, board: FakeBoard
) -> None:
    board.may_find.clear()
    await tab.send(SettingsState.test({"tac7_url": URL}))
    state = await tab.state(SettingsState)
    assert state.busy
    trials, other = board.services.settings.trials, FakeBoard()
    wiring.connect(other.services)
    stop = await tab.start(SettingsState.follow_trials())
    await eventually(lambda: not state.busy)
    stop()
    wiring.connect(board.services)
    stop = await tab.start(SettingsState.follow_trials())
    await eventually(lambda: state.busy)
    await trials.aclose()
    await eventually(lambda: not state.busy)
    stop()


@pytest.mark.parametrize(
    "form", [None, [], "x", {"tac7_url": 5}, {"tac7_url": "x" * 200_000}, {"max_concurrent_runs": {}}]
)
async def test_hostile_forms_change_nothing(tab: Tab, board: FakeBoard, form: Any) -> None:
    await tab.send(SettingsState.save(form))
    assert tab.errors == []
    assert all(settings.tac7_url is None for settings in board.applied)
