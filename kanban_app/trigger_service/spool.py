"""The reading side of a runner's files: what it has spooled and how the workflow ended."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast

from kanban_app.tac7.codec import load
from kanban_app.trigger_service.runner.spool import EXIT_PATH

__all__ = [
    "EXIT_PATH",
    "RunEnd",
    "SpooledReport",
    "last_output",
    "parse_end",
    "parse_report",
    "read_end",
    "read_process",
    "read_spool",
]

LAST_OUTPUT_LINES: Final = 20


@dataclass(frozen=True, slots=True)
class SpooledReport:
    """One report of a workflow process: what it posted, and to which path."""

    id: int
    at: datetime
    path: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a workflow process ended. `signal` is set when one killed it.

    `left` processes that it had started had to be ended after it; `lost` reports found no room on the disk.
    """

    exit_code: int
    signal: int | None = None
    cancelled: bool = False
    left: int = 0
    lost: int = 0
    last_output: tuple[str, ...] = field(default_factory=tuple)

    @property
    def last_line(self) -> str:
        return self.last_output[-1] if self.last_output else ""


def parse_report(value: object) -> SpooledReport | None:
    """The report in a decoded line or batch item; None for anything of another shape."""
    if not isinstance(value, dict):
        return None
    record = cast(dict[str, Any], value)
    match record:
        case {"id": int(number), "path": str(path), "body": dict()} if number > 0:
            return SpooledReport(number, _time(record.get("at")), path, record["body"])
        case _:
            return None


def read_spool(run_dir: Path, after: int = 0) -> Iterator[SpooledReport]:
    """The reports of a run with a number above `after`, in order, up to a last line that is only half written."""
    try:
        file = (run_dir / "spool.jsonl").open("rb")
    except FileNotFoundError:
        return
    with file:
        for line in file:
            if not line.endswith(b"\n"):
                return
            report = parse_report(_json(line))
            if report is not None and report.id > after:
                yield report


def parse_end(body: Mapping[str, Any]) -> RunEnd:
    """The body of an exit report, or the content of `exit.json`."""
    code, signum, lines = body.get("exit_code"), body.get("signal"), body.get("last_output")
    texts = cast(list[object], lines) if isinstance(lines, list) else []
    return RunEnd(
        exit_code=code if isinstance(code, int) else 1,
        signal=signum if isinstance(signum, int) else None,
        cancelled=body.get("cancelled") is True,
        left=_count(body.get("left")),
        lost=_count(body.get("lost")),
        last_output=tuple(str(text) for text in texts[-LAST_OUTPUT_LINES:]),
    )


def read_end(run_dir: Path) -> RunEnd | None:
    """How the run ended; None when its runner did not live to write it, nor to spool it, which comes before."""
    value = _read(run_dir / "exit.json")
    if value is not None:
        return parse_end(value)
    return next((parse_end(report.body) for report in read_spool(run_dir) if report.path == EXIT_PATH), None)


def read_process(run_dir: Path) -> tuple[int, float | None] | None:
    """Pid and creation time that the runner wrote of itself; None before it got that far."""
    match _read(run_dir / "runner.json"):
        case {"pid": int(pid), "created": float() | None as created}:
            return pid, created
        case _:
            return None


def last_output(run_dir: Path, lines: int = LAST_OUTPUT_LINES) -> tuple[str, ...]:
    """The newest lines that the workflow printed, for a run whose runner could not tell them."""
    try:
        with (run_dir / "output.log").open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - 64 * 1024))
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ()
    token = (_read(run_dir / "launch.json") or {}).get("token")
    if isinstance(token, str) and token:
        text = text.replace(token, "…")
    return tuple(line.rstrip()[:2000] for line in text.splitlines() if line.strip())[-lines:]


def _read(path: Path) -> dict[str, Any] | None:
    try:
        value = _json(path.read_bytes())
    except FileNotFoundError:
        return None
    return cast(dict[str, Any], value) if isinstance(value, dict) else None


def _json(data: bytes) -> object:
    try:
        return load(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


def _count(value: object) -> int:
    return max(0, value) if isinstance(value, int) else 0


def _time(value: object) -> datetime:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return datetime.now(UTC)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
