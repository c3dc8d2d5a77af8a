"""What an API token must be good for, by route. `tests/architecture/test_scopes.py` holds this to the app's routes.

What is not named here needs `admin`: a new route is closed to other tokens until somebody has thought about it. A move
needs `run`, since it can start one.
"""

import re
from collections.abc import Iterable
from typing import Final

from kanban_app.api.paths import is_api
from kanban_app.domain.access import Scope

_R, _W, _RUN, _A = Scope.READ, Scope.WRITE, Scope.RUN, Scope.ADMIN

ROUTES: Final[dict[str, Scope]] = {
    # Probes and documents
    "GET /healthz": _R,
    "GET /readyz": _R,
    "GET /metrics": _R,
    "GET /api/openapi.json": _R,
    "GET /api/docs": _R,
    "GET /api/docs/start.js": _R,
    "GET /api/docs/swagger-ui-bundle.js": _R,
    "GET /api/docs/swagger-ui.css": _R,
    # The board
    "GET /api/v1/board": _R,
    "GET /api/v1/events": _R,
    "GET /api/v1/search": _R,
    "GET /api/v1/notifications": _R,
    "GET /api/v1/health": _R,
    "GET /api/v1/health/diagnosis": _R,
    "POST /api/v1/health/alerts/{}/acknowledge": _W,
    "GET /api/v1/connection/frames": _R,
    "GET /api/v1/export": _R,
    "POST /api/v1/import": _W,
    "GET /api/v1/projects": _R,
    "POST /api/v1/projects": _A,
    "PATCH /api/v1/projects/{}": _A,
    # A backup holds the access token
    "POST /api/v1/backups": _A,
    "GET /api/v1/backups": _A,
    "GET /api/v1/backups/{}": _A,
    # Who was here from where, and what other tokens are called: more than a token for one purpose needs to know
    "GET /api/v1/audit": _A,
    "GET /api/v1/audit/export": _A,
    "GET /api/v1/columns/{}/limit": _R,
    "PUT /api/v1/columns/{}/limit": _W,
    "GET /api/v1/templates": _R,
    "POST /api/v1/templates": _W,
    "PATCH /api/v1/templates/{}": _W,
    "DELETE /api/v1/templates/{}": _W,
    # Cards
    "GET /api/v1/tasks": _R,
    "POST /api/v1/tasks": _W,
    "POST /api/v1/tasks/bulk": _RUN,
    "GET /api/v1/tasks/{}": _R,
    "PATCH /api/v1/tasks/{}": _W,
    "DELETE /api/v1/tasks/{}": _W,
    "POST /api/v1/tasks/{}/archive": _W,
    "POST /api/v1/tasks/{}/duplicate": _W,
    "POST /api/v1/tasks/{}/restore": _W,
    "GET /api/v1/tasks/{}/history": _R,
    "GET /api/v1/tasks/{}/attachments": _R,
    "POST /api/v1/tasks/{}/attachments": _W,
    "GET /api/v1/tasks/{}/attachments/{}": _R,
    "GET /api/v1/tasks/{}/attachments/{}/thumbnail": _R,
    "PATCH /api/v1/tasks/{}/attachments/{}": _W,
    "DELETE /api/v1/tasks/{}/attachments/{}": _W,
    "POST /api/v1/uploads": _W,
    "DELETE /api/v1/uploads/{}": _W,
    "GET /api/v1/ops/{}": _R,
    # What can start, stop or change runs
    "POST /api/v1/ops/{}/undo": _RUN,
    "POST /api/v1/ops/{}/redo": _RUN,
    "POST /api/v1/tasks/{}/move": _RUN,
    "POST /api/v1/tasks/{}/trigger": _RUN,
    "POST /api/v1/tasks/{}/patch": _RUN,
    "POST /api/v1/tasks/{}/resume": _RUN,
    "POST /api/v1/tasks/{}/restart": _RUN,
    "POST /api/v1/attempts/{}/withdraw": _RUN,
    "POST /api/v1/attempts/{}/check": _RUN,
    "POST /api/v1/attempts/{}/start-again": _RUN,
    "POST /api/v1/attempts/{}/not-running": _RUN,
    "POST /api/v1/attempts/{}/stage-done": _RUN,
    "POST /api/v1/attempts/{}/release": _RUN,
    "POST /api/v1/attempts/{}/start-anyway": _RUN,
    "POST /api/v1/attempts/{}/requeue": _RUN,
    "POST /api/v1/runs/{}/cancel": _RUN,
    # What runs have made
    "GET /api/v1/runs/{}": _R,
    "GET /api/v1/runs/{}/merge": _R,
    "GET /api/v1/runs/{}/plan": _R,
    "GET /api/v1/runs/{}/changes": _R,
    "GET /api/v1/runs/{}/changes/file": _R,
    "GET /api/v1/runs/{}/log": _R,
    "GET /api/v1/runs/{}/log/matches": _R,
    "GET /api/v1/runs/{}/log.txt": _R,
    "GET /api/v1/runs/{}/log.jsonl": _R,
    # The built-in service, for other boards and for scripts
    "GET /health": _R,
    "GET /api/adws": _R,
    "GET /api/adws/list": _R,
    "GET /api/adws/{}": _R,
    "GET /api/adws/{}/plan": _R,
    "GET /api/adws/{}/merge": _R,
    "GET /api/adws/{}/changes": _R,
    "GET /api/adws/{}/changes/file": _R,
    "GET /api/execution-logs/{}/{}": _R,
    "GET /api/stage-logs/{}/{}": _R,
    "GET /api/slash-commands": _R,
    "POST /api/adws": _W,
    "PATCH /api/adws/{}": _W,
    "DELETE /api/adws/{}": _RUN,
    "POST /api/clarify": _RUN,
    "POST /api/slash-command": _RUN,
    "POST /api/worktree/open/{}": _A,
    "POST /api/codebase/open/{}": _A,
    "POST /api/workflow-updates": _RUN,
    "POST /api/stage-event": _RUN,
    "POST /api/agent-state-update": _RUN,
    "POST /api/workflow-phase-transition": _RUN,
    "POST /api/agent-output-chunk": _RUN,
    "POST /api/screenshot-available": _RUN,
    "POST /api/spec-created": _RUN,
    # Sockets; the pages' own one can do all that a person can.
    "WS /ws/live": _R,
    "WS /ws/trigger": _RUN,
    "WS /_event": _A,
}
_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def needed(method: str, path: str) -> Scope:
    """What a token must be good for; `method` is `WS` for a socket. Files and pages hold no data, and need `read`."""
    read = method in _READS
    for pattern, scope in _PATTERNS["GET" if read else method] if (read or method in _PATTERNS) else ():
        if pattern.fullmatch(path):
            return scope
    return Scope.READ if read and not is_api(path) else Scope.ADMIN


def _patterns(routes: Iterable[tuple[str, Scope]]) -> dict[str, list[tuple[re.Pattern[str], Scope]]]:
    """Fixed paths before those with a parameter, as routers take them."""
    found: dict[str, list[tuple[re.Pattern[str], Scope]]] = {}
    for route, scope in sorted(routes, key=lambda entry: "{}" in entry[0]):
        method, path = route.split(" ")
        parts = (re.escape(part) for part in path.split("{}"))
        found.setdefault(method, []).append((re.compile("[^/]+".join(parts)), scope))
    return found


_PATTERNS: Final = _patterns(ROUTES.items())
