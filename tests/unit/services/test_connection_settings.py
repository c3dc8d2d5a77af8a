"""Whose value counts for a setting, what is refused, and what is kept."""

from typing import Any

import pytest

from kanban_app.config import Settings
from kanban_app.errors import BoardError
from kanban_app.services.connection_settings import ConnectionSettings, FaultyFields, Probe
from kanban_app.store.failures import StoreUnavailable
from tests.support.fake_services import settings_of
from tests.support.memory_store import MemoryStore

URL = "ws://127.0.0.1:8500/ws/trigger"


async def no_probe(_settings: Settings) -> Probe:
    return Probe()


class Desk:
    """Settings over a store in memory; `applied` is what was put to work."""

    def __init__(self, store: Any = None, **environment: Any) -> None:
        self.store = store or MemoryStore()
        self.applied: list[Settings] = []
        self.refusal: str | None = None
        deployed = settings_of(**environment)
        self.settings = ConnectionSettings(deployed, self.store, self._refuse, no_probe, self._apply)

    async def _apply(self, settings: Settings) -> None:
        self.applied.append(settings)

    async def _refuse(self, _url: str) -> str | None:
        return self.refusal

    async def save(self, **form: str | None) -> None:
        await self.settings.save(await self.settings.draft(form))

    def view(self, name: str) -> Any:
        return next(view for view in self.settings.views() if view["name"] == name)


async def test_what_is_saved_is_in_force_and_still_there_after_a_restart() -> None:
    desk = Desk()
    await desk.save(tac7_url=f" {URL} ", max_concurrent_runs="3", trigger_grace_s="2.5")
    (applied,) = desk.applied
    assert (applied.tac7_url, applied.max_concurrent_runs, applied.trigger_grace_s) == (URL, 3, 2.5)
    again = Desk(desk.store)
    loaded = await again.settings.load()
    assert (loaded.tac7_url, loaded.max_concurrent_runs, loaded.trigger_grace_s) == (URL, 3, 2.5)
    assert again.view("trigger_grace_s")["value"] == "2.5"


async def test_an_empty_field_is_the_default_again() -> None:
    desk = Desk()
    await desk.save(max_concurrent_runs="3")
    await desk.save(max_concurrent_runs="")
    assert desk.applied[-1].max_concurrent_runs == 15
    assert desk.view("max_concurrent_runs")["value"] == ""


async def test_the_environment_wins_and_says_so() -> None:
    desk = Desk(tac7_url=URL)
    await desk.save(tac7_url="ws://elsewhere:1/ws/trigger", max_concurrent_runs="2")
    assert (desk.applied[-1].tac7_url, desk.applied[-1].max_concurrent_runs) == (URL, 2)
    view = desk.view("tac7_url")
    assert (view["locked"], view["variable"], view["value"]) == (True, "KANBAN_TAC7_URL", URL)
    assert not desk.view("max_concurrent_runs")["locked"]


async def test_a_saved_value_waits_while_the_environment_gives_another() -> None:
    desk = Desk()
    await desk.save(tac7_url=URL)
    assert (await Desk(desk.store, tac7_url="ws://other:1/ws/trigger").settings.load()).tac7_url == (
        "ws://other:1/ws/trigger"
    )
    assert (await Desk(desk.store).settings.load()).tac7_url == URL


async def test_nothing_of_a_faulty_form_is_kept_and_every_fault_is_named() -> None:
    desk = Desk()
    with pytest.raises(FaultyFields) as raised:
        await desk.settings.draft({"tac7_url": "http://x", "max_concurrent_runs": "0", "triggers_per_minute": "5"})
    assert set(raised.value.faults) == {"tac7_url", "max_concurrent_runs"}
    assert "must be a whole number from 1" in raised.value.faults["max_concurrent_runs"]
    assert (desk.applied, desk.store.settings) == ([], {})


async def test_an_address_that_leads_nowhere_useful_is_refused_at_its_field() -> None:
    desk = Desk()
    desk.refusal = "is this board itself"
    with pytest.raises(FaultyFields) as raised:
        await desk.save(tac7_url=URL)
    assert raised.value.faults == {"tac7_url": "is this board itself"}
    await desk.save(tac7_url="")
    assert desk.applied[-1].tac7_url is None


async def test_a_token_is_never_shown_and_stays_when_it_is_not_given() -> None:
    desk = Desk()
    await desk.save(tac7_token="s3cret")
    await desk.save(tac7_token=None, max_concurrent_runs="4")
    token = desk.applied[-1].tac7_token
    assert token
    assert token.get_secret_value() == "s3cret"
    assert (desk.view("tac7_token")["value"], desk.view("tac7_token")["is_set"]) == ("", True)
    assert "s3cret" not in repr(desk.settings.views())
    await desk.save(tac7_token="")
    assert desk.applied[-1].tac7_token is None


async def test_what_is_no_setting_of_the_connection_is_left_alone() -> None:
    desk = Desk()
    await desk.save(port="1", host="0.0.0.0", data_dir="/", auth="none")
    assert desk.applied[-1].port == 3000
    assert desk.store.settings == {"service.default": {}}


async def test_what_an_older_version_has_kept_and_nobody_understands_any_more_counts_as_not_set() -> None:
    store = MemoryStore()
    store.settings["service.default"] = {"tac7_url": "nonsense", "max_concurrent_runs": "2", "strange": "1"}
    loaded = await Desk(store).settings.load()
    assert (loaded.tac7_url, loaded.max_concurrent_runs) == (None, 2)


async def test_what_cannot_be_kept_is_not_applied() -> None:
    class Full(MemoryStore):
        async def save_setting(self, key: str, value: object, audit: object = ()) -> None:
            raise StoreUnavailable("disk-full")

    desk = Desk(Full())
    with pytest.raises(BoardError) as raised:
        await desk.save(max_concurrent_runs="2")
    assert raised.value.code == "E-SYS-12"
    assert desk.applied == []
    assert desk.settings.current.max_concurrent_runs == 15


async def test_numbers_are_recorded_and_no_secret_even_if_it_is_one() -> None:
    desk = Desk()
    await desk.save(tac7_url=URL, tac7_token="12345678", max_concurrent_runs="3")
    (entry,) = desk.store.audit
    assert entry.act.details == {
        "changed": "KANBAN_TAC7_URL, KANBAN_TAC7_TOKEN, KANBAN_MAX_CONCURRENT_RUNS",
        "max_concurrent_runs": "3",
    }
    assert "12345678" not in repr(entry)
