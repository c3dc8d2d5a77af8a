"""What the benchmark's repository has as `adws/adw_plan_iso.py`: a workflow that does nothing but report.

It posts `rate` messages a second for `seconds`, as `load.json` beside its folder says, at the moments of a fixed plan;
then it stays for as long as `stay` says. Standard library only, as it is copied away from here.
"""

import http.client
import json
import os
import sys
import time
import urllib.parse
from pathlib import Path
from typing import Any

NAME = "adw_plan_iso"
FILLER = "what an agent says while it works " * 6


class Reporter:
    """Posts over one connection that stays open."""

    def __init__(self, base: str, adw_id: str) -> None:
        url = urllib.parse.urlsplit(base)
        self._link = http.client.HTTPConnection(url.hostname or "", url.port or 80, timeout=20)
        self._path = f"{url.path}/api/workflow-updates"
        self._adw_id = adw_id

    def say(self, text: str) -> None:
        self._post("workflow_log", message=text, level="INFO")

    def status(self, status: str, percent: int) -> None:
        self._post("status_update", message=status, status=status, progress_percent=percent)

    def _post(self, kind: str, **fields: Any) -> None:
        stamp = f"{time.time() * 1000:.1f}"
        data = {"adw_id": self._adw_id, "workflow_name": NAME, "timestamp": stamp, **fields}
        body = json.dumps({"type": kind, "data": data})
        self._link.request("POST", self._path, body, {"Content-Type": "application/json"})
        self._link.getresponse().read()


def main() -> None:
    adw_id = sys.argv[2]
    plan = json.loads((Path(__file__).resolve().parents[1] / "load.json").read_text())
    reporter = Reporter(os.environ["WEBSOCKET_URL"], adw_id)
    reporter.status("started", 0)
    rate, count = plan["rate"], int(plan["rate"] * plan["seconds"])
    begin = time.perf_counter()
    for number in range(count):
        time.sleep(max(0.0, number / rate - (time.perf_counter() - begin)))
        reporter.say(f"#{number:06d} {FILLER}")
    if count:
        reporter.say(f"said {count}")
    time.sleep(plan["stay"])
    reporter.status("completed", 100)


if __name__ == "__main__":
    main()
