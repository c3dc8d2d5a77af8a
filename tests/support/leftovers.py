"""Ending the runs that a test has left, whatever it has done to their service."""

from pathlib import Path

import psutil

from kanban_app.trigger_service.processes import RUNNER_MODULE, Identity, Tree, kill_rest, mark_of


def end_runs_below(folder: Path) -> None:
    """Kill every runner that works in a run directory below `folder`, with its processes."""
    for process in psutil.process_iter():
        try:
            *_, module, run_dir = ["", "", *process.cmdline()]
            if module != RUNNER_MODULE or not Path(run_dir).is_relative_to(folder):
                continue
            mark, created = mark_of(process), process.create_time()
        except psutil.Error:
            continue
        if mark is not None:
            kill_rest(Tree(mark, Identity(process.pid, created), created))
