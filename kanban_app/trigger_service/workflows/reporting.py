"""Reports of a workflow script, sent as the original scripts send theirs: one plain POST, 2 s, no second try."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

_TIMEOUT_S: Final = 2.0


class Reporter:
    """What one run says about itself. Nobody listening is no reason for a workflow to stop."""

    def __init__(self, base_url: str | None, adw_id: str, workflow_name: str) -> None:
        self._base = base_url.rstrip("/") if base_url else None
        self._adw_id = adw_id
        self._workflow = workflow_name
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def status(self, status: str, message: str, progress: int | None, step: str, **more: Any) -> None:
        told = {"status": status, "message": message, "progress_percent": progress, "current_step": step, **more}
        self._update("status_update", **told)

    def log(self, message: str, level: str = "INFO") -> None:
        print(f"{level:7} {message}", flush=True)
        self._update("workflow_log", message=message, level=level)

    def stage_event(self, event_type: str, stage: str, **fields: Any) -> None:
        body = {"adw_id": self._adw_id, "event_type": event_type, "stage_name": stage, "workflow_name": self._workflow}
        self._post("/api/stage-event", {**body, "timestamp": _now(), **fields})

    def agent_event(self, event_type: str, data: Mapping[str, Any]) -> None:
        body = {"adw_id": self._adw_id, "event_type": event_type, "data": data, "timestamp": _now()}
        self._post("/api/agent-state-update", body)

    def _update(self, kind: str, **fields: Any) -> None:
        data = {"adw_id": self._adw_id, "workflow_name": self._workflow, "timestamp": _now(), **fields}
        self._post("/api/workflow-updates", {"type": kind, "data": data})

    def _post(self, path: str, body: Mapping[str, Any]) -> None:
        if self._base is None:
            return
        request = urllib.request.Request(  # noqa: S310 - the address comes from whoever started us
            self._base + path, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
        )
        try:
            with self._opener.open(request, timeout=_TIMEOUT_S) as response:
                response.read()
        except (OSError, urllib.error.URLError) as error:
            print(f"WARNING a report to {path} got lost: {error}", flush=True)


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
