"""Ending the runs of a data folder from outside, whether or not an app is there to follow them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path
from typing import Final

import psutil

from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.processes import Identity, Tree, end_tree, mark_of

_RUNNER_MODULE: Final = "kanban_app.trigger_service.runner"
# What a runner needs after its workflow: to write down how it ended and to tell the service, if there is one.
_RUNNER_END_S: Final = 2.0


def stop_runs(data_dir: Path) -> int:
    """End every run that the embedded service of `data_dir` has started, with all its processes. Says how many.

    Each runner leaves behind that its run was cancelled; the app finds that at its next start. Blocks for seconds.
    """
    config = ServiceConfig(data_dir=data_dir.absolute())
    trees = list(_trees(config.runs_dir))
    graces = repeat(config.cancel_grace_s + _RUNNER_END_S)
    with ThreadPoolExecutor(max_workers=max(1, len(trees))) as pool:
        list(pool.map(end_tree, trees, graces))
    return len(trees)


def _trees(runs_dir: Path) -> Iterator[Tree]:
    """The runners that work in a run directory below `runs_dir`: their command lines say which one."""
    for process in psutil.process_iter():
        try:
            *_, module, run_dir = ["", "", *process.cmdline()]
            if module != _RUNNER_MODULE or not Path(run_dir).is_relative_to(runs_dir):
                continue
            created = process.create_time()
        except psutil.Error:
            continue
        mark = mark_of(process)
        if mark is not None:
            yield Tree(mark, Identity(process.pid, created), created)
