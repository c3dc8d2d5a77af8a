"""What a line of an `execution.log` means (reference section 6.4). Pure."""

import re
from datetime import UTC, datetime
from typing import Final

from kanban_app.tac7.codec import format_time
from kanban_app.tac7.history import EXECUTION_LOG
from kanban_app.trigger_service.reports import Message

_LINE: Final = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:[.,]\d+)? - (\w+) - ")
_LEVELS: Final = {
    "DEBUG": "DEBUG",
    "INFO": "INFO",
    "SUCCESS": "SUCCESS",
    "WARN": "WARNING",
    "WARNING": "WARNING",
    "ERROR": "ERROR",
    "CRITICAL": "ERROR",
    "FATAL": "ERROR",
}


def log_message(adw_id: str, folder: str, line: str, now: datetime) -> Message | None:
    """The line as it stands; its level is what its own field says, its time too (local, without a zone)."""
    text = line.rstrip()
    if not text:
        return None
    found = _LINE.match(text)
    level = _LEVELS.get(found[2].upper(), "INFO") if found else "INFO"
    data = {"adw_id": adw_id, "message": text, "level": level, "source": EXECUTION_LOG, "agent_role": folder}
    at = _local_time(found[1], now) if found else now
    return {"type": "agent_log", "data": data, "timestamp": format_time(at)}


def _local_time(text: str, now: datetime) -> datetime:
    """The moment that a clock on the wall shows; never one to come."""
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return now
    return min(moment, now)
