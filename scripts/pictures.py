"""Makes the pictures of the user guide from the production build with staged content: `python scripts/pictures.py`.

Each is a WebP of a few ten kilobytes in docs/images. Look at every one before it is committed.
"""

import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.sync_api import Browser, expect

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.e2e import test_looks as looks  # noqa: E402 - a script finds the program by its own place
from tests.e2e.test_status_looks import look_at_status  # noqa: E402
from tests.support.app import AppProcess, running_app  # noqa: E402
from tests.support.board_page import BoardPage  # noqa: E402
from tests.support.browser import blocking_chromium  # noqa: E402
from tests.support.staged import fill_board, staged_service  # noqa: E402
from tests.support.staged_work import show_work  # noqa: E402

IMAGES: Final = ROOT / "docs" / "images"
QUALITY: Final = 82
# What is shown, how wide, and in which theme.
VIEWS: Final[dict[str, tuple[Callable[[BoardPage, dict[str, str]], None], int, str]]] = {
    "board": (looks.look_at_board, 1440, "light"),
    "dialog": (looks.look_at_dialog, 1440, "light"),
    "log": (looks.look_at_log, 1440, "light"),
    "changes": (looks.look_at_changes, 1440, "dark"),
    "failure": (looks.look_at_failure, 1440, "light"),
    "merge": (looks.look_at_merge, 1440, "dark"),
    "palette": (looks.look_at_palette, 1440, "light"),
    "finding": (looks.look_at_finding, 1440, "light"),
    "status": (look_at_status, 1440, "light"),
    "phone": (looks.look_at_build, 390, "dark"),
}


def main() -> int:
    IMAGES.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="pictures-"))
    env = {"KANBAN_MAX_CONCURRENT_RUNS": "5"}
    with (
        blocking_chromium() as browser,
        staged_service() as service,
        running_app(folder, env={**env, "KANBAN_TAC7_URL": service.url}) as app,
    ):
        with app.client() as client:
            roles = fill_board(client, service)
            show_work(service, client.get(f"/api/v1/tasks/{roles['done']}").json()["run_id"])
        for name in VIEWS:
            _save(_shot(browser, app, name, roles), IMAGES / f"{name}.webp")
    return 0


def _shot(browser: Browser, app: AppProcess, name: str, roles: dict[str, str]) -> bytes:
    look, width, theme = VIEWS[name]
    options: dict[str, Any] = {**looks.screen(width), "color_scheme": theme, "reduced_motion": "reduce"}
    context = browser.new_context(**options)
    board = BoardPage(context.new_page(), app.base_url)
    board.go(f"/?token={app.token}", connected=True)
    expect(board.page.locator("html")).to_have_class(theme)
    look(board, roles)
    board.page.mouse.move(2, 2)
    shot = board.page.screenshot(animations="disabled")
    context.close()
    return shot


def _save(shot: bytes, file: Path) -> None:
    Image.open(io.BytesIO(shot)).convert("RGB").save(file, "WEBP", quality=QUALITY, method=6)
    print(f"{file.relative_to(ROOT)}: {file.stat().st_size // 1000} kB")


if __name__ == "__main__":
    sys.exit(main())
