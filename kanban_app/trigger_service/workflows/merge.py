"""Merging as a run: `python -m kanban_app.trigger_service.workflows.merge ADW_ID --repository … --scratch …`.

Environment: `WEBSOCKET_URL` (where to report), `KANBAN_ISSUE_FILE` (the card), `KANBAN_RUN_BRANCH` and
`KANBAN_RUN_WORKTREE` (what the service knows of the run). Told to end it leaves all as it was, or as it shall be.
"""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Final

from kanban_app.trigger_service.git.command import GitFailed
from kanban_app.trigger_service.git.merging import SHOWN_FILES, Method, Survey, Wish, merge
from kanban_app.trigger_service.git.refusals import Refused
from kanban_app.trigger_service.git.run_branch import RunPlace
from kanban_app.trigger_service.workflows.card import NO_TITLE, Card, read_card
from kanban_app.trigger_service.workflows.reporting import Reporter

_WORKFLOW: Final = "adw_merge_iso"
_TITLE_CHARS: Final = 200
_NUMBER_CHARS: Final = 40


def main() -> int:
    options = _options()
    reporter = Reporter(os.environ.get("WEBSOCKET_URL"), options.adw_id, _WORKFLOW)
    told_to_end = asyncio.Event()
    try:
        survey = asyncio.run(_merge(_wish(options), options.expect, reporter, told_to_end))
    except Refused as refusal:
        conflicts = list(refusal.files[:SHOWN_FILES]) if refusal.code == "conflict" else []
        return _tell_failure(reporter, str(refusal), code=refusal.code, conflicts=conflicts)
    except (GitFailed, OSError) as failure:
        if told_to_end.is_set():  # as git has been, too
            return 128 + signal.SIGTERM
        return _tell_failure(reporter, f"The merge failed: {failure}")
    except asyncio.CancelledError:
        return 128 + signal.SIGTERM
    _tell_success(reporter, survey)
    return 0


async def _merge(wish: Wish, expect: str | None, reporter: Reporter, told_to_end: asyncio.Event) -> Survey:
    task = asyncio.current_task()

    def end() -> None:
        told_to_end.set()
        if task is not None:
            task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end)

    def tell(percent: int, words: str) -> None:
        reporter.log(words)
        reporter.status("in_progress", words, percent, words)

    return await merge(wish, expect, tell)


def _tell_failure(reporter: Reporter, reason: str, **more: object) -> int:
    reporter.log(reason, "ERROR")
    reporter.status("failed", reason, None, "Error", **more)
    return 1


def _tell_success(reporter: Reporter, survey: Survey) -> None:
    number = len(survey.trial.changes) if survey.trial else 0
    words = f"Merged {survey.branch} into {survey.target}: {number} {'file' if number == 1 else 'files'} changed"
    commit = survey.trial.commit if survey.trial else None
    reporter.log(words, "SUCCESS")
    reporter.status("completed", words, 100, "Complete", branch=survey.branch, target=survey.target, commit=commit)


def _wish(options: argparse.Namespace) -> Wish:
    issue_file = os.environ.get("KANBAN_ISSUE_FILE")
    card = read_card(Path(issue_file) if issue_file else None, "")
    known = {name: os.environ.get(f"KANBAN_RUN_{name.upper()}") for name in ("branch", "worktree")}
    return Wish(
        root=Path(options.repository),
        scratch_dir=Path(options.scratch),
        place=RunPlace(options.adw_id, **known),
        method=Method(options.method),
        target=options.target,
        base=options.base,
        title=_title(card),
    )


def _title(card: Card) -> str:
    if card.title == NO_TITLE:
        return ""
    title = card.title[:_TITLE_CHARS]
    return f"{title} (#{card.number[:_NUMBER_CHARS]})" if card.number else title


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="merge", allow_abbrev=False)
    parser.add_argument("adw_id")
    parser.add_argument("--repository", required=True)
    parser.add_argument("--scratch", required=True)
    parser.add_argument("--method", default=Method.SQUASH, choices=list(Method))
    parser.add_argument("--base")
    parser.add_argument("--target")
    parser.add_argument("--expect")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
