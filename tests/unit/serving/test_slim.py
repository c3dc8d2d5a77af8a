"""What makes the built client light."""

from pathlib import Path

import pytest

from kanban_app.serving.slim import (
    NotSlimmableError,
    announce_board,
    own_files,
    with_late_fonts,
    with_stand_ins,
    without_sent_components,
)

VITE = """export default defineConfig((config) => ({
  plugins: [
    alwaysUseReactDomServerNode(),
  ].concat([]),
          groups: [
            {
              test: /env.json/,
              name: "reflex-env",
            },
          ],
"""
ROOT = """function ReflexProviders({children}) {
  useEffect(() => {
    // Make contexts and state objects available globally for dynamic eval'd components
    window.__reflex = {
          "react": React,
    "$/utils/state": utils_state,
    };
  }, []);

  return jsx(ThemeProvider, {}, children);
}
"""


def test_stand_ins_are_taken_once() -> None:
    changed = with_stand_ins(VITE)
    assert changed.index("kanban-stand-ins") < changed.index("alwaysUseReactDomServerNode")
    assert changed.index("reflex-env") < changed.index('name: "base"') < changed.index('name: "shared"')
    assert with_stand_ins(changed) == changed


@pytest.mark.parametrize("text", [VITE.replace("plugins: [", "plugins: list(["), VITE.replace("env.json", "other")])
def test_a_configuration_of_another_form_is_told(text: str) -> None:
    with pytest.raises(NotSlimmableError, match=r"vite\.config\.js"):
        with_stand_ins(text)


def test_the_files_that_stand_in_are_there(tmp_path: Path) -> None:
    assert {Path(path).name for path, _ in own_files(tmp_path)} >= {"cookies.js", "emotion.js", "fonts.js"}


def test_globals_for_sent_components_go() -> None:
    assert "window.__reflex" not in without_sent_components(ROOT)
    assert "return jsx(ThemeProvider" in without_sent_components(ROOT)


def test_the_entry_fetches_the_fonts_once() -> None:
    entry = with_late_fonts("startTransition(() => {});\n")
    assert entry.endswith("startTransition(() => {});\n")
    assert with_late_fonts(entry) == entry


def built(folder: Path, *names: str) -> Path:
    (folder / "assets").mkdir()
    for name in names:
        (folder / "assets" / name).write_text('import{a as t}from"./base-1.js";import"./menu-2.js";')
    page = folder / "index.html"
    page.write_text('<html><head><link rel="modulepreload" href="/assets/base-1.js"/></head></html>')
    return page


def test_the_page_fetches_the_board_and_what_that_needs(tmp_path: Path) -> None:
    page = built(tmp_path, "board-3.js")
    announce_board(tmp_path)
    text = page.read_text()
    link = '<link rel="modulepreload" fetchpriority="low" href="/assets/{}"/>'
    assert f"{link.format('board-3.js')}{link.format('menu-2.js')}</head>" in text
    assert text.count("base-1.js") == 1


@pytest.mark.parametrize("names", [(), ("board-3.js", "board-4.js")])
def test_a_board_that_is_not_where_it_was_is_told(tmp_path: Path, names: tuple[str, ...]) -> None:
    built(tmp_path, *names)
    with pytest.raises(NotSlimmableError, match="no single board"):
        announce_board(tmp_path)
