"""Ending the runs of a data folder from outside, whether or not an app is there to follow them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path
from typing import Final

import psutil

from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.processes import RUNNER_MODULE, Identity, Tree, end_tree, mark_of

# What a runner needs after its workflow: to write down how it ended and to tell the service, if there is one.
_RUNNER_END_S: Final = 3.0


def stop_runs(*data_dirs: Path) -> int:
    """End every run that the embedded services of these folders have started, with all its processes. Says how many.

    Each runner leaves behind that its run was cancelled; the app finds that at its next start. Blocks for seconds.
    """
    configs = [ServiceConfig(data_dir=data_dir.absolute()) for data_dir in data_dirs]
    trees = [tree for config in configs for tree in _trees(config.runs_dir)]
    graces = repeat(max((config.cancel_grace_s for config in configs), default=0) + _RUNNER_END_S)
    with ThreadPoolExecutor(max_workers=max(1, len(trees))) as pool:
        list(pool.map(end_tree, trees, graces))
    return len(trees)


def going_on(*data_dirs: Path) -> int:
    """How many runs of the embedded services of these folders have not ended."""
    return sum(1 for data_dir in data_dirs for _ in _trees(ServiceConfig(data_dir=data_dir.absolute()).runs_dir))


def _trees(runs_dir: Path) -> Iterator[Tree]:
    """The runners that work in a run directory below `runs_dir`: their command lines say which one."""
    for process in psutil.process_iter():
        try:
            *_, module, run_dir = ["", "", *process.cmdline()]
            if module != RUNNER_MODULE:
                continue
            # The working directory is right, too, after the data folder was moved.
            if not any(Path(path).is_relative_to(runs_dir) for path in (run_dir, process.cwd())):
                continue
            created = process.create_time()
        except psutil.Error:
            continue
        mark = mark_of(process)
        if mark is not None:
            yield Tree(mark, Identity(process.pid, created), created)
