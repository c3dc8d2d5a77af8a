"""What people were told of, over HTTP."""

import pytest

from kanban_app.domain.records import NewsKind
from kanban_app.services.hub import Notice
from tests.api.desk import Desk, error_of

URL = "/api/v1/notifications"


async def tell(desk: Desk, title: str, kind: NewsKind = NewsKind.FAILED, task_id: str = "") -> None:
    notice = Notice(title, alert=True, title=title, message="It broke.", task_id=task_id, kind=kind)
    await desk.bench.keeper.tell(notice)


async def test_the_newest_come_first_and_what_is_known_is_left_out(desk: Desk) -> None:
    assert (await desk.client.get(URL)).json() == {"notifications": [], "newest": 0}
    await tell(desk, "Broken")
    await tell(desk, "Ready to merge", NewsKind.FINISHED)
    told = (await desk.client.get(URL)).json()
    assert [(one["seq"], one["title"], one["kind"]) for one in told["notifications"]] == [
        (2, "Ready to merge", "finished"),
        (1, "Broken", "failed"),
    ]
    assert set(told["notifications"][0]) == {"seq", "at", "kind", "title", "message", "advice", "task_id"}
    later = (await desk.client.get(URL, params={"since": 1})).json()
    assert ([one["seq"] for one in later["notifications"]], later["newest"]) == ([2], 2)
    failed = (await desk.client.get(URL, params={"kind": "failed", "limit": 1})).json()
    assert [one["seq"] for one in failed["notifications"]] == [1]


async def test_a_card_that_is_gone_has_no_link(desk: Desk) -> None:
    task = await desk.new()
    await tell(desk, "Broken", task_id=task["id"])
    (told,) = (await desk.client.get(URL)).json()["notifications"]
    assert told["task_id"] == task["id"]
    await desk.client.delete(f"/api/v1/tasks/{task['id']}")
    (told,) = (await desk.client.get(URL)).json()["notifications"]
    assert told["task_id"] == ""


@pytest.mark.parametrize("params", [{"since": -1}, {"limit": 0}, {"limit": 201}, {"kind": "gossip"}, {"since": "x"}])
async def test_what_is_asked_is_checked(desk: Desk, params: dict[str, str]) -> None:
    error_of(await desk.client.get(URL, params=params), 422, "E-VAL-8")
