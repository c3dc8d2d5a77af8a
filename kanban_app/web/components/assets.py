"""The JavaScript files of this folder, by which components are made and which these need."""

from typing import Final

import reflex as rx

BOARD: Final = rx.asset("board.jsx", shared=True).importable_path
CLOCK: Final = rx.asset("clock.jsx", shared=True).importable_path
COMMANDS: Final = rx.asset("commands.jsx", shared=True).importable_path
COUNTED: Final = rx.asset("counted_text.jsx", shared=True).importable_path
COLUMN_NAME: Final = rx.asset("column_name.jsx", shared=True).importable_path
CONFLICT: Final = rx.asset("conflict.jsx", shared=True).importable_path
DIALOG: Final = rx.asset("dialog.jsx", shared=True).importable_path
DUE: Final = rx.asset("due.jsx", shared=True).importable_path
FINDER: Final = rx.asset("finder.jsx", shared=True).importable_path
HANDLE: Final = rx.asset("handle.jsx", shared=True).importable_path
HELD: Final = rx.asset("held_form.jsx", shared=True).importable_path
HELP: Final = rx.asset("help_link.jsx", shared=True).importable_path
HISTORY: Final = rx.asset("card_history.jsx", shared=True).importable_path
IMAGES: Final = rx.asset("images.jsx", shared=True).importable_path
LATE: Final = rx.asset("late.jsx", shared=True).importable_path
LOG: Final = rx.asset("log_view.jsx", shared=True).importable_path
MARKDOWN: Final = rx.asset("markdown.jsx", shared=True).importable_path
LINK: Final = rx.asset("plain_link.jsx", shared=True).importable_path
PAGE: Final = rx.asset("page.jsx", shared=True).importable_path
PANEL: Final = rx.asset("panel.jsx", shared=True).importable_path
SETTINGS: Final = rx.asset("settings_form.jsx", shared=True).importable_path
STACK: Final = rx.asset("toast_stack.jsx", shared=True).importable_path
SIGNS: Final = rx.asset("tab_signs.jsx", shared=True).importable_path
TOLD: Final = rx.asset("told.jsx", shared=True).importable_path
TEMPLATES: Final = rx.asset("templates.jsx", shared=True).importable_path
TABS: Final = rx.asset("tabs.jsx", shared=True).importable_path
TOKENS: Final = rx.asset("token_field.jsx", shared=True).importable_path
TRANSFER: Final = rx.asset("transfer.jsx", shared=True).importable_path
WORK: Final = rx.asset("work_views.jsx", shared=True).importable_path
for imported in (
    "agent_view.jsx",
    "announcements.js",
    "ansi.js",
    "board_link.js",
    "card_place.js",
    "card_sensors.js",
    "changes.jsx",
    "clipboard.js",
    "column.jsx",
    "column_menu.jsx",
    "copies.js",
    "diff.jsx",
    "diff_rows.js",
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
    "image_viewer.jsx",
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
    "merge_dialog.jsx",
    "operations.js",
    "order.js",
    "project.js",
    "palette.jsx",
    "palette_items.js",
    "picture.jsx",
    "plan.jsx",
    "questions.js",
    "quiet.js",
    "quick_add.jsx",
    "selection.js",
    "several.jsx",
    "shortcut_keys.js",
    "shortcut_sheet.jsx",
    "shortcuts.js",
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
    rx.asset(imported, shared=True)
