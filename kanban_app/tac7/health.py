"""What a service says of its own health (`GET /health`)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from kanban_app.tac7.trouble import Trouble
from kanban_app.tac7.wire import as_optional_int, as_optional_text, as_text

SERVICE: Final = "adw-websocket-trigger"
_ERRORS: Final = re.compile(r"with (\d+) errors?")
_TIMED_OUT: Final = "timed out"


@dataclass(frozen=True, slots=True)
class HealthReport:
    """The words of the service. `status` counts, not the HTTP code, which is always 200 (Q32).

    `connections` and `started` are the service's own counts; they include what is dead (Q30): for information only.
    `trouble` is the catalogue's entry for what is wrong or worth a remark, None when all is well.
    """

    is_healthy: bool
    service: str
    uptime_s: float | None
    connections: int | None
    started: int | None
    warnings: tuple[str, ...]
    error: str
    trouble: Trouble | None

    def is_younger_than(self, earlier: "HealthReport", passed_s: float = 0.0) -> bool:
        """Whether the service was started again since `earlier`, so many seconds ago at least (E-HEALTH-10)."""
        if self.uptime_s is None or earlier.uptime_s is None:
            return False
        return self.uptime_s < earlier.uptime_s + max(0.0, passed_s)


def read_health(raw: Mapping[str, object]) -> HealthReport:
    """Any answer, however incomplete. What does not say that it is healthy is not."""
    check = raw.get("health_check")
    details = cast("dict[str, object]", check) if isinstance(check, dict) else {}
    healthy = as_text(raw.get("status")).strip().lower() == "healthy"
    service, error = as_text(raw.get("service")), as_text(raw.get("error"))
    warnings = _texts(details.get("warnings"))
    return HealthReport(
        is_healthy=healthy,
        service=service,
        uptime_s=_seconds(raw.get("uptime_seconds")),
        connections=as_optional_int(raw.get("active_connections")),
        started=as_optional_int(raw.get("total_workflows_triggered")),
        warnings=warnings,
        error=error,
        trouble=_trouble(service, error, warnings, healthy=healthy),
    )


def _trouble(service: str, error: str, warnings: tuple[str, ...], *, healthy: bool) -> Trouble | None:
    if service and service != SERVICE:
        return Trouble("E-HEALTH-9", {"name": service[:80]})
    if healthy:
        return Trouble("E-HEALTH-3", {"warnings": "; ".join(warnings)}) if warnings else None
    if _TIMED_OUT in error.lower():
        return Trouble("E-TIME-4", {"error": error})
    counted = _ERRORS.search(error)
    if counted:
        return Trouble("E-HEALTH-1", {"count": counted[1], "error": error})
    return Trouble("E-HEALTH-2", {"error": error or "No reason was sent."})


def _texts(value: object) -> tuple[str, ...]:
    items = cast("list[object]", value) if isinstance(value, list) else []
    return tuple(text for item in items if (text := as_optional_text(item)))


def _seconds(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
