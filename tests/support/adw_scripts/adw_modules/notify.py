"""Reports to the trigger service in the way of the original scripts: one plain POST, 2 s, nothing tried again."""

import json
import os
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def load_env_file() -> None:
    """Take in `.env` of the working directory; what is set already stays."""
    file = Path(".env")
    for line in file.read_text("utf-8").splitlines() if file.exists() else ():
        name, equals, value = line.partition("=")
        if equals:
            os.environ.setdefault(name.strip(), value.strip())


class Notifier:
    """The reports of one run, sent in the name of one workflow."""

    def __init__(self, adw_id: str, workflow: str) -> None:
        self.adw_id = adw_id
        self.workflow = workflow
        port = os.environ.get("WEBSOCKET_PORT", "8500")
        self._base = os.environ.get("WEBSOCKET_URL") or f"http://localhost:{port}"
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def status(self, status: str, message: str, progress: int | None = None, step: str | None = None) -> None:
        self._update("status_update", status=status, message=message, progress_percent=progress, current_step=step)

    def log(self, message: str, level: str = "INFO") -> None:
        self._update("workflow_log", message=message, level=level)

    def stage_event(self, event_type: str, stage: str, **more: Any) -> None:
        body = {"event_type": event_type, "stage_name": stage, "workflow_name": self.workflow, "timestamp": _now()}
        self.post("/api/stage-event", {"adw_id": self.adw_id, **body, **more})

    def state_changed(self, state: dict[str, Any]) -> None:
        names = ("adw_id", "issue_number", "issue_class", "branch_name", "worktree_path", "plan_file")
        data = {"status": "in_progress", "state_snapshot": {name: state.get(name) for name in names}}
        self.post("/api/agent-state-update", {"adw_id": self.adw_id, "event_type": "state_change", "data": data})

    def _update(self, kind: str, **fields: Any) -> None:
        data = {"adw_id": self.adw_id, "workflow_name": self.workflow, "timestamp": _now(), **fields}
        self.post("/api/workflow-updates", {"type": kind, "data": data})

    def post(self, path: str, body: dict[str, Any]) -> None:
        if os.environ.get("DISABLE_WEBSOCKET_NOTIFICATIONS") == "true":
            return
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self._base + path, json.dumps(body).encode(), headers, method="POST")
        try:
            self._opener.open(request, timeout=2).read()
        except (OSError, urllib.error.URLError) as error:
            print(f"not reported: {error}", flush=True)


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
