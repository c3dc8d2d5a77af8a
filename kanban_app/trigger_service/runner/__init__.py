"""The small program between the service and a workflow process: `python -m kanban_app.trigger_service.runner RUN_DIR`.

It leads the process group of a run, outlives the service, keeps every report until the service has acknowledged it,
and leaves behind how the run ended. Standard library only, so that it starts fast and cannot break with the app.

Files of the run directory: `launch.json` (read), `runner.json`, `spool.jsonl`, `output.log`, `exit.json` (written).
"""

PASSED = "KANBAN_PASSED_"
"""Before the names of the variables that the workflow gets out of the runner's environment instead of a file."""
