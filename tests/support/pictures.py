"""Comparing what is on the screen with a picture that a person has looked at.

`KANBAN_LOOKS=write` writes the pictures anew; whoever does so opens each of them. They hold for one major version of
Chromium (`chromium.txt` beside them), since every version draws letters a little differently.
"""

import io
import os
from pathlib import Path
from typing import Final

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page

LOOKS: Final = Path(__file__).parents[1] / "e2e" / "looks"
# What differs with every run (durations, times, ids) is covered by text of the same kind, and keeps its room.
STEADY: Final = """
.elapsed, .log-line > time, :is(.history, .entries, .past, .stage-since) time, :is(.facts, .attempt-facts) code {
  position: relative; color: transparent !important;
}
:is(
  .elapsed, .log-line > time, :is(.history, .entries, .past, .stage-since) time, :is(.facts, .attempt-facts) code
)::after {
  position: absolute; top: 0; color: var(--ink-3); white-space: nowrap;
}
.elapsed::after { content: "2:41"; right: 0; }
.log-line > time::after { content: "14:03:27"; left: 0; }
.entries time { display: inline-block; width: 40px; white-space: nowrap; overflow: visible; }
:is(.history, .entries, .past, .stage-since) time::after { content: "14:03"; top: -2px; right: 0; }
:is(.facts, .attempt-facts) code::after { content: "c4d19e07"; left: 0; color: var(--ink); }
"""
# The page fetches its fonts when it stands, and files with signs when a text has one, which may be later than the
# picture. Offline there is none to fetch.
_FONTS: Final = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const known = () => [...document.fonts].some(({ family }) => family.replaceAll('"', "") === "Inter");
  while (!known() && navigator.onLine) await frame();
  const used = ["400 14px Inter", "600 14px Inter", "400 12px 'JetBrains Mono'"];
  await Promise.allSettled(used.map((font) => document.fonts.load(font, "a→")));
  await document.fonts.ready;
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
SHADE: Final = 8
"""By how much of 255 a channel may differ before a pixel counts as another one."""
SHARE: Final = 0.001


def wait_for_fonts(page: Page) -> None:
    """Until texts have the fonts that they keep."""
    page.evaluate(_FONTS)


def compare(browser: Browser, page: Page, name: str, kept_in: Path) -> None:
    """Fail when more than `SHARE` of the pixels differ from the picture `name`; both are then kept in a folder."""
    wait_for_fonts(page)
    shot = page.screenshot(animations="disabled", style=STEADY)
    path, version = LOOKS / f"{name}.png", LOOKS / "chromium.txt"
    major = browser.version.split(".")[0]
    if os.environ.get("KANBAN_LOOKS") == "write":
        LOOKS.mkdir(exist_ok=True)
        _with_few_colours(Image.open(io.BytesIO(shot))).save(path, optimize=True)
        version.write_text(f"{major}\n")
        return
    if version.read_text().strip() != major:
        pytest.skip(f"the pictures were made with Chromium {version.read_text().strip()}, this is {major}")
    differing, size = difference(Image.open(path), Image.open(io.BytesIO(shot)))
    if differing > SHARE * size:
        (kept_in / f"{name}.png").write_bytes(shot)
        pytest.fail(f"{name}: {differing / size:.2%} of the pixels differ, see {kept_in}")


def _with_few_colours(shot: Image.Image) -> Image.Image:
    """A third of the size. The choice covers rare colours, and is then drawn to the frequent ones."""
    few = Image.Quantize.MAXCOVERAGE
    return shot.convert("RGB").quantize(256, method=few, kmeans=3, dither=Image.Dither.NONE)


def difference(expected: Image.Image, shown: Image.Image) -> tuple[int, int]:
    """How many pixels differ, and of how many."""
    if expected.size != shown.size:
        return shown.width * shown.height, shown.width * shown.height
    channels = ImageChops.difference(expected.convert("RGB"), shown.convert("RGB")).split()
    most = ImageChops.lighter(ImageChops.lighter(channels[0], channels[1]), channels[2])
    return sum(most.histogram()[SHADE + 1 :]), shown.width * shown.height
