"""Hostile texts in every field, message and address, before every view: nothing of them is more than text."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from kanban_app.domain.workflows import Vintage
from tests.support.app import AppProcess, running_app
from tests.support.board_page import SOON_MS, BoardPage
from tests.support.hostile import ACT, CORPUS, EVALUATED, Witness, hostile_messages
from tests.support.images import picture
from tests.support.staged import WORKFLOW, StagedService, complete, show_merge, staged_service, start, wait_status
from tests.support.staged_work import changed, show_changes, show_diff, show_plan
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e
NewProfile = Callable[..., BrowserContext]
LAST: Final = "The last line of them"
# For places where each one costs a page of its own: a handler, an address, a broken quote, a template.
FEW: Final = (CORPUS[4], CORPUS[6], CORPUS[8], CORPUS[28], CORPUS[39])
TABS: Final = ("overview", "plan", "changes", "agent", "log", "attempts", "history")


@dataclass
class Stage:
    """A board that is full of them. `run` is the card whose run has said them all; `failed` have failed of them."""

    app: AppProcess
    service: StagedService
    run: str = ""
    merged: str = ""
    failed: list[str] = field(default_factory=list[str])
    plain: list[str] = field(default_factory=list[str])


@pytest.fixture(scope="module")
def stage(built_client: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with _running(tmp_path_factory.mktemp("hostile"), Vintage.OURS) as (made, client):
        _fill(made, client)
        yield made


@contextmanager
def _running(folder: Path, vintage: Vintage) -> Iterator[tuple[Stage, httpx.Client]]:
    """A board whose service has said everything of a run."""
    with staged_service(vintage) as service:
        env = {"KANBAN_TAC7_URL": service.url, "KANBAN_TRIGGER_GRACE_S": "0"}
        with running_app(folder, env=env) as app, app.client() as client:
            made = Stage(app, service)
            made.run = _card(client, CORPUS[0], description="\n\n".join(CORPUS))
            adw_id = start(client, made.run)
            wait_status(client, made.run, "running")
            _say_all(made, client, vintage, adw_id)
            _show_work(made, adw_id)
            yield made, client


@pytest.fixture
def witnessed(stage: Stage, new_profile: NewProfile) -> Iterator[tuple[Page, Witness]]:
    """A signed-in page, and who looks at it; by the end nothing may have acted."""
    page, witness = _signed_in(stage, new_profile)
    yield page, witness
    assert witness.faults == []


def _signed_in(stage: Stage, new_profile: NewProfile) -> tuple[Page, Witness]:
    context = new_profile(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(SOON_MS)
    witness = Witness(context, stage.app.base_url)
    page = context.new_page()
    page.goto(f"{stage.app.base_url}/?token={stage.app.token}")
    expect(page.get_by_test_id("board")).to_be_visible()
    return page, witness


def _fill(stage: Stage, client: httpx.Client) -> None:
    stage.plain = [_card(client, text) for text in CORPUS]
    for text in FEW:
        stage.failed.append(_failed(stage, client, text))
    stage.merged = _card(client, CORPUS[6], stages=["plan", "build", "test", "review", "document"])
    merged = complete(client, stage.service, stage.merged)
    _patched(stage, client, merged)
    files = [{"path": text, "added": 1, "removed": 0} for text in CORPUS]
    commits = [{"sha": "4be1d0c2" * 5, "subject": text} for text in CORPUS]
    show_merge(stage.service, merged, branch=CORPUS[6], target=CORPUS[0], commits=commits, files=files)
    _around(stage, client)


def _card(client: httpx.Client, text: str, **fields: object) -> str:
    body = {
        "title": text[:200],
        "description": text,
        "labels": [text[:60]],
        "issue_number": text[:200],
        "stage_models": {"plan": text[:200]},
        "stages": ["plan"],
        **fields,
    }
    return str(client.post("/api/v1/tasks", json=body).raise_for_status().json()["id"])


def _say_all(stage: Stage, client: httpx.Client, vintage: Vintage, adw_id: str) -> None:
    async def all_of_them() -> None:
        for message in hostile_messages(vintage, adw_id):
            await stage.service.service.broadcast(message)
        for text in CORPUS:
            data = {"adw_id": text, "workflow_name": text, "message": text, "level": text}
            await stage.service.service.broadcast({"type": "workflow_log", "data": data})
            await stage.service.service.broadcast({"type": text, "data": {text: text}})

    stage.service.run(all_of_them())
    stage.service.say("workflow_log", adw_id=adw_id, workflow_name=WORKFLOW, level="INFO", message=LAST)
    newest = {"before": 2**31, "limit": 5}
    log = f"/api/v1/runs/{adw_id}/log"
    wait_until(lambda: LAST in client.get(log, params=newest).text, timeout=30)


def _show_work(stage: Stage, adw_id: str) -> None:
    show_plan(stage.service, adw_id, "\n\n".join(CORPUS))
    shown = [text for text in CORPUS if "\n" not in text and "\x00" not in text]
    show_changes(stage.service, adw_id, [changed(text) for text in shown])
    lines = "".join(f"+{text.replace(chr(10), ' ')}\n" for text in CORPUS)
    head = f"diff --git a/x b/x\n@@ -0,0 +1,{len(CORPUS)} @@ {CORPUS[6]}\n"
    show_diff(stage.service, adw_id, shown[0], head + lines)


def _failed(stage: Stage, client: httpx.Client, text: str) -> str:
    task = _card(client, text)
    adw_id = start(client, task)
    wait_status(client, task, "running")
    about = {"adw_id": adw_id, "workflow_name": WORKFLOW, "message": text, "current_step": text}
    stage.service.say("status_update", **about, status="in_progress")
    stage.service.say("status_update", **about, status="failed", last_output=list(CORPUS), conflicts=list(CORPUS))
    wait_status(client, task, "failed")
    return task


def _patched(stage: Stage, client: httpx.Client, adw_id: str) -> None:
    """The words of a patch are its author's, and stand in the card's attempts and in its history."""
    path = f"/api/v1/tasks/{stage.merged}/patch"
    client.post(path, json={"text": "\n".join(CORPUS)}).raise_for_status()
    wait_status(client, stage.merged, "running")
    about = {"adw_id": adw_id, "workflow_name": "adw_patch_iso", "message": CORPUS[6], "progress_percent": 100}
    stage.service.say("status_update", **about, status="completed")
    wait_status(client, stage.merged, "completed")


def _around(stage: Stage, client: httpx.Client) -> None:
    """What is not a card: projects, columns, templates, images; and cards that have left the board."""
    for text in FEW:
        template = {"name": text[:60], "description": text, "labels": [text[:60]], "stage_models": {"plan": text}}
        client.post("/api/v1/templates", json=template).raise_for_status()
        client.post("/api/v1/projects", json={"title": text[:80]}).raise_for_status()
        name = {"name": text.replace("/", "∕")[:100]}
        path = f"/api/v1/tasks/{stage.run}/attachments"
        client.post(path, content=picture(64, 48, noise=True), params=name).raise_for_status()
        client.patch(f"/api/v1/tasks/{stage.run}", json={"title": text}).raise_for_status()
    for act in ("archive", "delete"):
        ids = [_card(client, text) for text in CORPUS]
        client.post("/api/v1/tasks/bulk", json={"ids": ids, "act": act}).raise_for_status()


def _go(stage: Stage, page: Page, path: str, what: str) -> None:
    page.goto(f"{stage.app.base_url}{path}")
    expect(page.locator(what).first).to_be_visible()


def test_on_the_board(stage: Stage, witnessed: tuple[Page, Witness]) -> None:
    page, witness = witnessed
    board = BoardPage(page, stage.app.base_url)
    expect(board.card(stage.plain[-1]).root).to_be_attached()
    witness.look(page, "the board")
    board.card(stage.plain[6]).choose("delete")
    expect(board.dialog).to_contain_text("onerror")
    witness.look(page, "the question before a deletion")
    page.get_by_test_id("question-no").click()
    for text in CORPUS:
        page.get_by_test_id("search").fill(text.split("\n")[0])
    witness.look(page, "the search")
    page.get_by_test_id("clear-all").click()
    page.get_by_test_id("notifications").click()
    expect(page.get_by_test_id("notification").first).to_be_visible()
    witness.look(page, "the notifications")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.get_by_test_id("palette-words").fill("onerror")
    expect(page.get_by_test_id("palette-option").first).to_be_visible()
    witness.look(page, "the palette")
    page.keyboard.press("Escape")
    page.get_by_test_id("project-switcher").click()
    witness.look(page, "the switcher")


def test_what_is_typed(stage: Stage, witnessed: tuple[Page, Witness]) -> None:
    page, witness = witnessed
    board = BoardPage(page, stage.app.base_url)
    line = page.get_by_test_id("quick-add")
    for text in FEW:
        line.fill(text)
        line.press("Enter")
        expect(line).to_have_value("")
    witness.look(page, "cards of the line at the top of the backlog")
    page.get_by_test_id("new-task").click()
    board.fill("\n".join(CORPUS)[:200], "\n\n".join(CORPUS))
    page.get_by_test_id("task-description-preview").click()
    expect(page.get_by_test_id("task-description-shown")).to_contain_text("onerror")
    witness.look(page, "the preview")
    page.get_by_test_id("task-template").select_option(index=1)
    witness.look(page, "the templates")


def test_in_toasts(stage: Stage, witnessed: tuple[Page, Witness]) -> None:
    page, witness = witnessed
    board = BoardPage(page, stage.app.base_url)
    for text, task in zip(FEW, stage.plain, strict=False):
        stage.service.service.manners.error_for_trigger = text
        board.card(task).choose("move-to-plan")
        expect(board.card(task).root).to_have_attribute("data-run-status", "refused")
        witness.look(page, "a refused start")
    stage.service.service.manners.error_for_trigger = None


def test_inside_a_card(stage: Stage, witnessed: tuple[Page, Witness]) -> None:
    page, witness = witnessed
    _look_inside(stage, page, witness)
    page.get_by_test_id("tab-changes").click()
    page.get_by_test_id("changes-file").first.click()
    expect(page.get_by_test_id("diff")).to_contain_text("onerror")
    witness.look(page, "a diff")


def test_inside_a_card_of_an_older_service(built_client: object, tmp_path: Path, new_profile: NewProfile) -> None:
    with _running(tmp_path, Vintage.V1) as (stage, _):
        page, witness = _signed_in(stage, new_profile)
        _look_inside(stage, page, witness)
        _look_at_the_connection(stage, page, witness)
        assert witness.faults == []


def _look_inside(stage: Stage, page: Page, witness: Witness) -> None:
    board = BoardPage(page, stage.app.base_url)
    _go(stage, page, f"/?card={stage.run}", "[data-testid=task-detail]")
    for name in TABS:
        page.get_by_test_id(f"tab-{name}").click()
        expect(page.get_by_test_id(f"tab-{name}")).to_have_attribute("aria-selected", "true")
        witness.look(page, f"the tab {name}")
    page.get_by_test_id("tab-plan").click()
    expect(page.get_by_test_id("plan")).to_contain_text("onerror")
    witness.look(page, "the plan")
    page.get_by_test_id("tab-agent").click()
    page.get_by_test_id("agent-open-all").click()
    witness.look(page, "the agent's view")
    page.get_by_test_id("tab-log").click()
    board.wait_for_line(LAST)
    board.shown_log()
    witness.look(page, "the log")
    page.get_by_test_id("log-search").fill("onerror")
    expect(page.get_by_test_id("log-hits")).to_contain_text("found")
    witness.look(page, "a search in the log")


def test_of_failed_and_finished_runs(stage: Stage, witnessed: tuple[Page, Witness]) -> None:
    page, witness = witnessed
    for task in (*stage.failed, stage.merged):
        _go(stage, page, f"/?card={task}", "[data-testid=task-detail]")
        witness.look(page, "the end of a run")
        page.get_by_test_id("tab-attempts").click()
        expect(page.get_by_test_id("attempts")).to_be_visible()
        witness.look(page, "attempts")
    expect(page.get_by_test_id("attempts")).to_contain_text("onerror")
    _go(stage, page, "/", "[data-testid=board]")
    BoardPage(page, stage.app.base_url).card(stage.merged).choose("move-to-completed")
    expect(page.get_by_test_id("merge-preview")).to_contain_text("onerror")
    witness.look(page, "the preview of a merge")


def test_on_the_other_pages(stage: Stage, witnessed: tuple[Page, Witness]) -> None:
    page, witness = witnessed
    _go(stage, page, "/archive", "[data-testid=removed-card]")
    witness.look(page, "the archive")
    page.get_by_test_id("removed-bin").click()
    expect(page.get_by_test_id("removed-card").first).to_be_visible()
    witness.look(page, "the bin")
    _go(stage, page, "/projects", "[data-testid=project-create]")
    page.get_by_test_id("new-project-title").fill(FEW[1])
    page.get_by_test_id("new-project-repository").fill(f"/{FEW[0]}")
    page.get_by_test_id("project-create").click()
    expect(page.get_by_test_id("project-error")).to_be_visible()
    witness.look(page, "the projects")
    _look_at_the_connection(stage, page, witness)
    _go(stage, page, "/settings", "[data-testid=token-name]")
    for text in FEW:
        page.get_by_test_id("token-name").fill(text[:60])
        page.get_by_test_id("token-scope-read").check()
        page.get_by_test_id("token-create").click()
        expect(page.get_by_test_id("token-secret")).to_be_visible()
    for text in FEW:
        page.get_by_test_id("column-title-plan").fill(text[:30])
        page.get_by_test_id("columns-save").click()
    witness.look(page, "the settings")
    _try_addresses(stage, page, witness)
    _go(stage, page, "/api/docs", ".opblock-tag")
    witness.look(page, "the API's page")


def _try_addresses(stage: Stage, page: Page, witness: Witness) -> None:
    """As the address of a service, in the settings of a project whose address may be changed."""
    with stage.app.client() as client:
        project = next(one["id"] for one in client.get("/api/v1/projects").json()["projects"] if one["id"] != "default")
    _go(stage, page, f"/p/{project}/settings", "[data-testid=setting-tac7_url]")
    field, hint = page.get_by_test_id("setting-tac7_url"), page.get_by_test_id("setting-tac7_url-hint")
    for text in FEW:
        field.evaluate("field => { field.type = 'text'; }")
        field.fill(text)
        page.get_by_test_id("settings-save").click()
        expect(hint.locator(".fault")).to_be_visible()
        witness.look(page, "an address that is none")


def _look_at_the_connection(stage: Stage, page: Page, witness: Witness) -> None:
    _go(stage, page, "/connection", "[data-testid=held-frame]")
    expect(page.get_by_test_id("other-run").first).to_be_visible()
    witness.look(page, "the connection")


def test_in_addresses(stage: Stage, witnessed: tuple[Page, Witness]) -> None:
    page, witness = witnessed
    names = ("q", "type", "label", "column", "run", "sort", "card", "tab", "next", "url", "configUrl", "project")
    for text in FEW:
        query = urlencode(dict.fromkeys(names, text))
        _go(stage, page, f"/?{query}", "[data-testid=board]")
        witness.look(page, f"the board at {text}")
        for path in ("/help/", "/p/", "/no/such/page/"):
            page.goto(f"{stage.app.base_url}{path}{quote(text, safe='')}?{query}#{quote(text)}")
            witness.look(page, f"{path} at {text}")
    query = urlencode(dict.fromkeys(names, FEW[1]))
    _go(stage, page, f"/api/docs?{query}", ".opblock-tag")
    witness.look(page, "the API's page at an address")
    page.goto(f"{stage.app.base_url}/login?{query}")
    witness.look(page, "the page to sign in")


def test_what_is_downloaded_is_no_page(stage: Stage) -> None:
    with stage.app.client() as client:
        run = client.get(f"/api/v1/tasks/{stage.run}").json()["run"]
        image = client.get(f"/api/v1/tasks/{stage.run}/attachments").json()[0]["id"]
        paths = (
            *("/api/v1/board", "/api/v1/export", "/api/v1/notifications", "/api/v1/projects", "/api/v1/templates"),
            *(f"/api/v1/runs/{run}{part}" for part in ("", "/log", "/log.txt", "/log.jsonl", "/plan", "/changes")),
            f"/api/v1/tasks/{stage.run}/history",
            f"/api/v1/tasks/{stage.run}/attachments/{image}",
            f"/api/v1/search?{urlencode({'q': FEW[1]})}",
            f"/api/v1/no/{quote(FEW[1])}",
            f"/api/v1/tasks/{quote(FEW[1], safe='')}",
        )
        for path in paths:
            answer = client.get(path)
            assert answer.headers["x-content-type-options"] == "nosniff", path
            kind = answer.headers["content-type"].split(";")[0]
            assert kind in {"application/json", "text/plain", "application/x-ndjson", "image/png", "image/webp"}, path


def test_the_witness_finds_what_acts(stage: Stage, new_profile: NewProfile) -> None:
    page, witness = _signed_in(stage, new_profile)
    page.evaluate("html => document.body.insertAdjacentHTML('beforeend', html)", CORPUS[6])
    page.wait_for_function("window.__refused")
    page.evaluate(f"() => {{ {ACT}; document.body.append('{EVALUATED}'); alert('!'); }}")
    witness.look(page, "here")
    found = " ".join(witness.faults)
    for words in ("refused at here", "elements at here: <img x-mark", "a script ran", "evaluated at here", "a dialog"):
        assert words in found, words
