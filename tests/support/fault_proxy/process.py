"""The fault-injecting proxy from the test's side."""

from typing import Any

from tests.support.control import Helper


class Proxy(Helper):
    """A proxy in a process of its own, to a port of this machine."""

    def __init__(self, to_port: int) -> None:
        super().__init__("tests.support.fault_proxy", "--to", str(to_port))

    @property
    def port(self) -> int:
        return self.ports["port"]

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/trigger"

    def set(self, **weather: Any) -> None:
        """Change fields of `server.Weather`."""
        self.do("set", **weather)

    def seen(self) -> dict[str, Any]:
        return self.do("seen")
