"""Every page of the production build under its content security policy: nothing is refused, and what must be, is."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.test_images import put_on
from tests.e2e.test_run_work import finished
from tests.support.app import AppProcess
from tests.support.board_page import BoardPage

pytestmark = pytest.mark.e2e
DESK: Final[dict[str, Any]] = {"viewport": {"width": 1440, "height": 900}}
_LISTEN: Final = """addEventListener("securitypolicyviolation", (event) =>
  window.violated(`${event.effectiveDirective} ${event.blockedURI} ${event.sample} at ${location.pathname}`));"""


class Watched:
    """A signed-in browser that keeps what a policy has refused, by the page's own event and by the console."""

    def __init__(self, app: AppProcess, context: BrowserContext) -> None:
        self.app = app
        self.refused: list[str] = []
        context.expose_binding("violated", lambda _source, text: self.refused.append(text))
        context.add_init_script(_LISTEN)
        self.page = context.new_page()
        self.page.on("console", lambda message: self._said(message.text))

    def _said(self, text: str) -> None:
        if "Content Security Policy" in text or "Permissions-Policy" in text:
            self.refused.append(text)

    def sign_in(self) -> Page:
        self.page.goto(f"{self.app.base_url}/login?next=/")
        self.page.get_by_label("Access token").fill(str(self.app.token))
        self.page.get_by_role("button", name="Sign in").click()
        BoardPage(self.page, self.app.base_url).wait_ready()
        return self.page

    def see(self, path: str, what: str) -> Page:
        answer = self.page.goto(f"{self.app.base_url}{path}")
        assert answer is not None
        assert "unsafe-eval" not in answer.headers["content-security-policy"]
        expect(self.page.locator(what).first).to_be_visible()
        # From what the browser has kept.
        self.page.reload()
        expect(self.page.locator(what).first).to_be_visible()
        return self.page


@pytest.fixture
def watched(app: AppProcess, new_profile: Callable[..., BrowserContext]) -> Iterator[Watched]:
    """No policy may have refused anything by the end."""
    found = Watched(app, new_profile(**DESK))
    yield found
    assert found.refused == []


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("/", "[data-testid=board]"),
        ("/settings", "[data-testid=setting-tac7_url]"),
        ("/connection", "main h2"),
        ("/archive", "main"),
        ("/projects", "main"),
        ("/no/such/page", "main"),
        ("/api/docs", ".opblock-tag"),
    ],
)
def test_every_page_works_under_its_policy(watched: Watched, path: str, what: str) -> None:
    watched.sign_in()
    watched.see(path, what)


def test_the_inside_of_a_card_works_under_it(watched: Watched) -> None:
    task = finished(watched.app, "Under the policy")
    put_on(watched.app, task, "a picture")
    page = watched.sign_in()
    watched.see(f"/?card={task}", "[data-testid=task-detail]")
    expect(page.locator("[data-testid=task-detail] img").first).to_be_visible()
    for name in ("plan", "changes", "agent", "log", "attempts", "history"):
        page.get_by_test_id(f"tab-{name}").click()
        expect(page.get_by_test_id(f"tab-{name}")).to_have_attribute("aria-selected", "true")
    page.get_by_test_id("tab-changes").click()
    page.get_by_test_id("changes-file").first.click()
    expect(page.get_by_test_id("diff").locator("tr[data-kind=added]").first).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_test_id("new-task").click()
    page.get_by_test_id("task-title").fill("Made under the policy")
    page.get_by_test_id("task-save").click()
    expect(page.get_by_text("Made under the policy").first).to_be_visible()


def test_the_page_of_a_project_works_under_it(watched: Watched) -> None:
    with watched.app.client() as client:
        made = client.post("/api/v1/projects", json={"title": "Under the policy"})
        assert made.is_success, made.text
        project = made.json()["id"]
    watched.sign_in()
    watched.see(f"/p/{project}/", "[data-testid=board]")
    watched.see(f"/p/{project}/settings", "[data-testid=setting-tac7_url]")


def test_scripts_that_are_not_of_the_build_do_not_run(app: AppProcess, new_profile: Callable[..., BrowserContext]):
    watched = Watched(app, new_profile(**DESK))
    page = watched.sign_in()
    ran = page.evaluate(
        """async () => {
          const script = document.createElement("script");
          script.textContent = "window.ran = 'inline'";
          document.body.append(script);
          document.body.insertAdjacentHTML("beforeend", "<img src='data:,' onerror='window.ran = `attribute`'>");
          await new Promise((done) => setTimeout(done, 100));
          return window.ran ?? "nothing";
        }"""
    )
    assert ran == "nothing"
    assert any("script-src" in text for text in watched.refused)
