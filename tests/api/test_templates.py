"""Templates over HTTP."""

from uuid import uuid4

from tests.api.desk import Desk, error_of

URL = "/api/v1/templates"


async def test_a_template_is_kept_renamed_and_deleted(desk: Desk) -> None:
    body = {"name": "A bug", "type": "bug", "stages": ["plan", "test"], "labels": ["ui"], "description": "Steps:"}
    answer = await desk.client.post(URL, json=body)
    assert answer.status_code == 201
    template = answer.json()
    assert template == {**body, "id": template["id"], "model_set": "", "stage_models": {}}
    renamed = await desk.client.patch(f"{URL}/{template['id']}", json={"name": "Another bug"})
    assert renamed.json()["name"] == "Another bug"
    assert (await desk.client.get(URL)).json() == {"templates": [renamed.json()]}
    assert (await desk.client.delete(f"{URL}/{template['id']}")).status_code == 204
    assert (await desk.client.get(URL)).json() == {"templates": []}
    error_of(await desk.client.delete(f"{URL}/{template['id']}"), 404, "E-SYS-3")


async def test_the_same_operation_twice_keeps_one(desk: Desk) -> None:
    body = {"name": "Once", "op_id": str(uuid4())}
    first, second = [(await desk.client.post(URL, json=body)).json() for _ in range(2)]
    assert first == second
    error_of(await desk.client.post(URL, json={"name": "once"}), 422, "E-VAL-20")


async def test_what_is_no_template_is_refused(desk: Desk) -> None:
    for body, code in (({}, "E-VAL-8"), ({"name": 7}, "E-VAL-8"), ({"name": " "}, "E-VAL-20")):
        error_of(await desk.client.post(URL, json=body), 422, code)
    error_of(await desk.client.post(URL, json={"name": "x", "colour": "red"}), 422, "E-VAL-8")
