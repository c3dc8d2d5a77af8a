"""The fault-injecting service from the test's side: started, told what to do wrong, asked for its books."""

import json
from pathlib import Path
from typing import Any

from kanban_app.domain.workflows import Vintage
from tests.support.control import Helper


class FaultService(Helper):
    """A service in a process of its own. `faults` are fields of `server.Faults`."""

    def __init__(self, vintage: Vintage, *, port: int = 0, state: Path | None = None, **faults: Any) -> None:
        kept = [] if state is None else ["--state", str(state)]
        told = ["--faults", json.dumps(faults)]
        arguments = ["--vintage", vintage.value, "--port", str(port), *kept, *told]
        super().__init__("tests.support.fault_service", *arguments)

    @property
    def port(self) -> int:
        return self.ports["port"]

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/trigger"

    def set(self, **faults: Any) -> None:
        self.do("set", **faults)

    def starts(self) -> dict[str, Any]:
        """`requests` and `runs`: how often each request id and each run was started."""
        return self.do("starts")

    def sent(self, adw_id: str) -> dict[str, Any]:
        return self.do("sent", adw_id=adw_id)
