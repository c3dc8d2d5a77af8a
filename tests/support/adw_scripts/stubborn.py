#!/usr/bin/env -S uv run
# /// script
# dependencies = []
# ///
"""Ignores SIGTERM and SIGINT together with its children: one beside it, one in a session of its own, one orphan.

The orphan has no environment either; it is known by its working directory, the worktree. `agents/<adw_id>/pids.json`
has the number of every process by its name.
"""

import json
import os
import signal
import subprocess
import sys
import time

from adw_modules.run import Run

DEAF = "import signal; [signal.signal(n, signal.SIG_IGN) for n in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)]; "
NAP = DEAF + "import time; print('deaf', flush=True); time.sleep(600)"
ORPHAN = (
    "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', sys.argv[1]], start_new_session=True, "
    "env={}, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL); p.stdout.readline(); "
    "print(p.pid, flush=True)"
)


def main() -> None:
    run = Run()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    run.worktree.mkdir(parents=True, exist_ok=True)
    run.notify.state_changed({"adw_id": run.adw_id, "worktree_path": str(run.worktree)})
    pids = {"self": os.getpid(), "child": nap(), "away": nap(start_new_session=True)}
    orphan = subprocess.run([sys.executable, "-c", ORPHAN, NAP], cwd=run.worktree, stdout=subprocess.PIPE, check=True)
    pids["orphan"] = int(orphan.stdout)
    fresh = run.agents / "pids.new"
    fresh.write_text(json.dumps(pids))
    fresh.replace(run.agents / "pids.json")
    while True:
        time.sleep(600)


def nap(*, start_new_session: bool = False) -> int:
    """A child that is deaf by the time when this returns."""
    process = subprocess.Popen([sys.executable, "-c", NAP], stdout=subprocess.PIPE, start_new_session=start_new_session)
    assert process.stdout is not None
    process.stdout.readline()
    return process.pid


if __name__ == "__main__":
    main()
