"""What has become of a launch of an earlier life of the service. Everything here blocks and belongs into a thread."""

from pathlib import Path

from kanban_app.domain.launch import Launch, LaunchState
from kanban_app.trigger_service import processes, spool
from kanban_app.trigger_service.processes import Identity
from kanban_app.trigger_service.runner import files


def look_up(launch: Launch) -> tuple[bool, Identity | None]:
    """Whether its workflow certainly never began and never will, and else its runner, if that is alive."""
    run_dir = Path(launch.run_dir)
    could_begin = launch.state is LaunchState.STARTING and not launch.cancel_requested
    if could_begin and (not run_dir.exists() or _claim(run_dir)):
        return True, None
    runner = _find_runner(launch, run_dir)
    # A runner that has claimed its directory writes down its process before it begins with the workflow.
    died_before = could_begin and runner is None and spool.read_process(run_dir) is None
    return died_before, runner


def _claim(run_dir: Path) -> bool:
    try:
        return files.claim(run_dir)
    except OSError:  # a full disk: in doubt it is not begun again
        return False


def _find_runner(launch: Launch, run_dir: Path) -> Identity | None:
    pid, created = launch.pid, launch.process_created
    if pid is None or created is None:
        pid, created = spool.read_process(run_dir) or (None, None)
    identity = Identity(pid, created) if pid is not None and created is not None else None
    return processes.find_runner(identity, launch.mark)
