"""Search over HTTP."""

import pytest

from tests.api.desk import Desk, error_of


async def test_a_card_is_found_by_its_description(desk: Desk) -> None:
    await desk.new("Another")
    task = await desk.new("A card", description="Paint the bikeshed", labels=["ui"])
    answer = await desk.client.get("/api/v1/search", params={"q": "KESH ui"})
    assert answer.status_code == 200
    assert answer.json() == {
        "q": "KESH ui",
        "cards": [
            {
                "id": task["id"],
                "number": task["number"],
                "title": "A card",
                "column": "backlog",
                "in_text": True,
                "log": None,
            }
        ],
        "more": False,
        "complete": True,
    }


async def test_a_deleted_card_is_not_found(desk: Desk) -> None:
    task = await desk.new("Bikeshed")
    await desk.client.delete(f"/api/v1/tasks/{task['id']}")
    assert (await desk.client.get("/api/v1/search", params={"q": "bikeshed"})).json()["cards"] == []


@pytest.mark.parametrize(
    "params",
    [{}, {"q": "x" * 201}, {"q": "x", "limit": 0}, {"q": "x", "limit": 1001}, {"q": "x", "limit": "many"}],
)
async def test_what_is_asked_is_checked(desk: Desk, params: dict[str, str]) -> None:
    error_of(await desk.client.get("/api/v1/search", params=params), 422, "E-VAL-8")


@pytest.mark.parametrize(
    "text", ['"', "*", "NEAR(a b)", "a AND", "-x", "text:y", "\0", "%_\\", "'; DROP TABLE task; --"]
)
async def test_no_word_means_anything_to_the_index(desk: Desk, text: str) -> None:
    answer = await desk.client.get("/api/v1/search", params={"q": text})
    assert answer.status_code == 200
    assert answer.json()["cards"] == []
