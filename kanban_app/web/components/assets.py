"""The JavaScript files of this folder, by which components are made and which these need."""

from pathlib import Path
from typing import Final
from uuid import uuid4

from reflex.constants import Dirs
from reflex.environment import environment

_HERE: Final = Path(__file__)
_FOLDER: Final = f"{Dirs.EXTERNAL_APP_ASSETS}/{__name__.replace('.', '/')}"


def _shared(name: str) -> str:
    """The path by which the page's code imports a file of this folder, which is linked into the app's assets for that.

    It does what `rx.asset(name, shared=True)` does, without its look at the sources of the whole stack: for all files
    here that made every start six seconds longer.
    """
    if not environment.REFLEX_BACKEND_ONLY.get():
        _link(Path.cwd() / Dirs.APP_ASSETS / _FOLDER / name, _HERE.with_name(name))
    return f"$/public/{_FOLDER}/{name}"


def _link(place: Path, file: Path) -> None:
    """In one step, since several processes may do so at the same time."""
    if not file.is_file():
        raise FileNotFoundError(file)
    if place.is_symlink() and place.readlink() == file:
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f".{uuid4().hex}.tmp")
    fresh.symlink_to(file)
    fresh.replace(place)


AUDIT: Final = _shared("audit.jsx")
BOARD: Final = _shared("board.jsx")
CLOCK: Final = _shared("clock.jsx")
COLUMN_NAME: Final = _shared("column_name.jsx")
COMMANDS: Final = _shared("commands.jsx")
CONFLICT: Final = _shared("conflict.jsx")
COUNTED: Final = _shared("counted_text.jsx")
DIALOG: Final = _shared("dialog.jsx")
DUE: Final = _shared("due.jsx")
FINDER: Final = _shared("finder.jsx")
HANDLE: Final = _shared("handle.jsx")
HELD: Final = _shared("held_form.jsx")
HELP: Final = _shared("help_link.jsx")
HISTORY: Final = _shared("card_history.jsx")
IMAGES: Final = _shared("images.jsx")
INDICATOR: Final = _shared("indicator.jsx")
INDICATOR_SETTING: Final = _shared("indicator_setting.jsx")
LATE: Final = _shared("late.jsx")
LINK: Final = _shared("plain_link.jsx")
LOG: Final = _shared("log_view.jsx")
MARKDOWN: Final = _shared("markdown.jsx")
NEW_TOKEN: Final = _shared("new_token.jsx")
NOTICES: Final = _shared("health_notices.jsx")
PAGE: Final = _shared("page.jsx")
PANEL: Final = _shared("panel.jsx")
SAID: Final = _shared("connection_said.jsx")
SETTINGS: Final = _shared("settings_form.jsx")
SIGNS: Final = _shared("tab_signs.jsx")
STACK: Final = _shared("toast_stack.jsx")
STATUS: Final = _shared("status.jsx")
TABS: Final = _shared("tabs.jsx")
TEMPLATES: Final = _shared("templates.jsx")
TOKENS: Final = _shared("token_field.jsx")
TOLD: Final = _shared("told.jsx")
TRANSFER: Final = _shared("transfer.jsx")
WORK: Final = _shared("work_views.jsx")
for imported in (
    "agent_view.jsx",
    "announcements.js",
    "ansi.js",
    "audit_filters.js",
    "audit_past.js",
    "board_dialogs.jsx",
    "board_link.js",
    "board_presses.js",
    "card_place.js",
    "card_sensors.js",
    "changes.jsx",
    "clipboard.js",
    "column.jsx",
    "column_menu.jsx",
    "copies.js",
    "diff.jsx",
    "diff_rows.js",
    "dragging.js",
    "drop_gap.js",
    "early_keys.js",
    "fetch_json.js",
    "fetched.js",
    "fetched.jsx",
    "finding.js",
    "finding_store.js",
    "form_fields.js",
    "found.jsx",
    "fuzzy.js",
    "health_alerts.jsx",
    "health_chart.jsx",
    "health_diagnosis.jsx",
    "health_facts.jsx",
    "health_feed.js",
    "health_figures.js",
    "image_viewer.jsx",
    "indicator_form.js",
    "kept_focus.js",
    "live_socket.js",
    "live_store.js",
    "log.jsx",
    "log_feed.js",
    "log_lines.js",
    "log_parts.jsx",
    "log_rows.jsx",
    "log_search.js",
    "log_tools.jsx",
    "log_window.jsx",
    "menu.jsx",
    "menu_acts.js",
    "merge_dialog.jsx",
    "moves.js",
    "operations.js",
    "order.js",
    "palette.jsx",
    "palette_items.js",
    "picture.jsx",
    "plan.jsx",
    "project.js",
    "questions.js",
    "quick_add.jsx",
    "quiet.js",
    "selection.js",
    "several.jsx",
    "several_acts.js",
    "shortcut_keys.js",
    "shortcut_sheet.jsx",
    "shortcuts.js",
    "slot.js",
    "switcher.jsx",
    "tab_words.js",
    "targets.jsx",
    "told_choice.js",
    "told_read.js",
    "told_settings.jsx",
    "told_sound.js",
    "told_store.js",
    "told_ways.js",
    "undo_stack.js",
    "undoing.js",
    "uploads.js",
    "walking.js",
    "whole_card.js",
):
    _shared(imported)
