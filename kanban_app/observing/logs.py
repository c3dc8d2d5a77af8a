"""One stream of log lines, on stderr and in a file: for people by default, JSON for machines.

Whoever logs only puts a record into a queue; a thread of its own writes it, so that neither a slow disk nor a terminal
that nobody reads holds up the event loop. All libraries come the same way: uvicorn, websockets, Reflex, alembic,
asyncio, Python's warnings, and what ends a thread.

Overflow policy: the queue holds `QUEUE_RECORDS` records; what comes when it is full is dropped and counted, and a line
says how many as soon as there is room.
"""

import logging
import logging.handlers
import os
import queue
import sys
import threading
import traceback
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import Any, Final, cast

import structlog
from structlog.contextvars import get_contextvars
from structlog.typing import EventDict

from kanban_app.config import LogFormat, LogLevel, Settings
from kanban_app.observing.instruments import LOGS, LOGS_DROPPED
from kanban_app.observing.masking import KNOWN, masked, masked_fields

QUEUE_RECORDS: Final = 10_000
MESSAGE_LIMIT: Final = 16_000
TRACE_LIMIT: Final = 64_000
CLOSE_S: Final = 2.0
LOG_DIR: Final = "logs"
LOG_FILE: Final = "kanban.log"
MEGABYTE: Final = 1_000_000

# What these say below a warning holds whole requests with the tokens and cookies in them, or every value that is
# stored: never, at no level.
_SECRETIVE: Final = ("uvicorn.error", "uvicorn.access", "websockets", "httpcore", "aiosqlite")
# Chatty at `info` without saying anything that a person who runs the board wants to know.
_QUIET: Final = ("httpx", "alembic", "socketio", "engineio", "asyncio", "watchfiles")
_LEVELS: Final = frozenset({"debug", "info", "warning", "error", "critical"})
_STANDARD: Final = frozenset({*logging.makeLogRecord({}).__dict__, "message", "asctime", "taskName"})
# Texts of others must not forge lines nor move the cursor of a terminal.
_CONTROL: Final = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))} | {
    0x0A: "\\n",
    0x0D: "\\r",
    0x09: "\t",
}


class Logs:
    """What `logging_to` opens."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        waiting: queue.Queue[logging.LogRecord | None] = queue.Queue(QUEUE_RECORDS)
        self.relay: Final = Relay(waiting)
        stream = logging.StreamHandler(sys.stderr)
        stream.setFormatter(Line(settings.log_format, colours=sys.stderr.isatty()))
        self._writer = Writer(waiting, stream)
        self._writer.start()

    def write_file(self, data_dir: Path) -> None:
        """From now on also into files in the data folder, which must be ours alone; nothing where that is set off."""
        if self._settings.log_file_mb and self._settings.log_files:
            handler = LogFile(data_dir / LOG_DIR, self._settings.log_file_mb * MEGABYTE, self._settings.log_files)
            handler.setFormatter(Line(self._settings.log_format, colours=False))
            self._writer.handlers = (*self._writer.handlers, handler)

    def close(self) -> None:
        """Write what waits, for a short while; what is logged afterwards goes nowhere."""
        self._writer.stop()


class Relay(logging.handlers.QueueHandler):
    """Makes a record complete where it was logged, since ids, arguments and tracebacks change; then hands it over."""

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        told = logging.makeLogRecord(record.__dict__)
        fields = record.__dict__.get("fields") or _extras(record)
        told.msg, told.args = _cut(_message(record), MESSAGE_LIMIT), None
        told.fields = {**get_contextvars(), **fields}
        told.trace = _trace(record)
        told.exc_info = told.stack_info = None
        return told

    def enqueue(self, record: logging.LogRecord) -> None:
        level = record.levelname.lower()
        LOGS.labels(level if level in _LEVELS else "other").inc()
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            LOGS_DROPPED.inc()
            lost.add()


class Lost:
    """How many lines were dropped and not told of."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def add(self) -> None:
        with self._lock:
            self._count += 1

    def take(self) -> int:
        with self._lock:
            count, self._count = self._count, 0
        return count


lost: Final = Lost()


class Writer:
    """The thread that writes."""

    def __init__(self, waiting: "queue.Queue[logging.LogRecord | None]", *handlers: logging.Handler) -> None:
        self.handlers = handlers
        self._waiting = waiting
        self._thread = threading.Thread(target=self._run, name="log writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Write what waits. A terminal that takes nothing must not keep the program from ending."""
        try:
            self._waiting.put(None, timeout=CLOSE_S)
        except queue.Full:
            return
        self._thread.join(CLOSE_S)
        if not self._thread.is_alive():
            for handler in self.handlers:
                handler.close()

    def _run(self) -> None:
        while (record := self._waiting.get()) is not None:
            if count := lost.take():
                words = "1 line of this log was" if count == 1 else f"{count} lines of this log were"
                self._write(_own_record(f"{words} dropped: they came faster than they could be written"))
            self._write(record)

    def _write(self, record: logging.LogRecord) -> None:
        for handler in self.handlers:
            handler.handle(record)


class LogFile(logging.handlers.RotatingFileHandler):
    """The owner's only. A disk that is full costs lines of the log and nothing else."""

    def __init__(self, folder: Path, largest: int, files: int) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._has_failed = False
        super().__init__(folder / LOG_FILE, maxBytes=largest, backupCount=files - 1, encoding="utf-8", delay=True)

    def shouldRollover(self, record: logging.LogRecord) -> int:  # noqa: N802 - the library's name
        """With one file the library would never begin anew."""
        if self.backupCount:
            return super().shouldRollover(record)
        return int(Path(self.baseFilename).exists() and Path(self.baseFilename).stat().st_size >= self.maxBytes)

    def doRollover(self) -> None:  # noqa: N802
        if not self.backupCount:
            if self.stream:  # pyright: ignore[reportUnnecessaryComparison]
                self.stream.close()
            self.stream = cast("Any", None)
            Path(self.baseFilename).unlink(missing_ok=True)
            return
        super().doRollover()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, ARG002
        """Said once: the stream on stderr goes on."""
        if not self._has_failed:
            self._has_failed = True
            problem = sys.exc_info()[1]
            sys.stderr.write(f"The log file {self.baseFilename} cannot be written: {problem}\n")

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        os.fchmod(descriptor, 0o600)
        return TextIOWrapper(os.fdopen(descriptor, "ab"), encoding=self.encoding)


class Line(logging.Formatter):
    """A prepared record as one line, with nothing secret in it: all that is written goes through here."""

    def __init__(self, log_format: LogFormat, *, colours: bool) -> None:
        super().__init__()
        self._is_json = log_format is LogFormat.JSON
        # Its own way with exceptions would show the values of local variables.
        self._console = structlog.dev.ConsoleRenderer(
            colors=colours, exception_formatter=structlog.dev.plain_traceback, pad_event_to=0
        )
        self._json = structlog.processors.JSONRenderer()

    def format(self, record: logging.LogRecord) -> str:
        fields = masked_fields(getattr(record, "fields", {}))
        event: EventDict = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **{key: value for key, value in fields.items() if key not in {"timestamp", "level", "logger", "event"}},
        }
        if trace := getattr(record, "trace", ""):
            event["exception"] = trace
        return masked(self._rendered(event))

    def _rendered(self, event: EventDict) -> str:
        if self._is_json:
            return str(self._json(None, "", event))
        shown = {key: _visible(value) if key != "exception" else _visible_lines(value) for key, value in event.items()}
        return str(self._console(None, "", shown))


@contextmanager
def logging_to(settings: Settings) -> Generator[Logs]:
    """All that is logged while the block runs goes to stderr, and into a file as soon as `write_file` was called."""
    KNOWN.add(*(secret.get_secret_value() for secret in (settings.token, settings.tac7_token) if secret))
    logs = Logs(settings)
    _configure(settings, logs.relay)
    try:
        yield logs
    finally:
        logs.close()


def adopt_loggers() -> None:
    """Libraries that have made handlers of their own come the common way from now on."""
    for logger in list(logging.root.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger) and not logger.propagate:
            logger.handlers.clear()
            logger.propagate = True


def _configure(settings: Settings, relay: Relay) -> None:
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, _to_logging],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers[:] = [relay]
    root.setLevel(settings.log_level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.DEBUG if settings.log_level is LogLevel.DEBUG else logging.WARNING)
    logging.getLogger("httpx").addFilter(_is_no_poll)
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    for name in _SECRETIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    # The library would print the arguments of a record that it cannot write.
    logging.raiseExceptions = False
    logging.captureWarnings(capture=True)
    warnings.simplefilter("default" if settings.log_level is LogLevel.DEBUG else "ignore")
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    sys.unraisablehook = _unraisable


def _to_logging(_logger: object, _name: str, event: EventDict) -> tuple[tuple[object], dict[str, Any]]:
    """What is logged by structlog goes the way of the standard library."""
    given = {name: event.pop(name) for name in ("exc_info", "stack_info") if name in event}
    return (event.pop("event", ""),), {"extra": {"fields": dict(event)}, **given}


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception as problem:  # noqa: BLE001 - a line that cannot be made is told as far as it goes
        return f"{record.msg!s} (its arguments do not fit: {problem})"


def _extras(record: logging.LogRecord) -> dict[str, object]:
    return {key: value for key, value in record.__dict__.items() if key not in _STANDARD}


def _trace(record: logging.LogRecord) -> str:
    parts: list[str] = []
    if record.exc_info and record.exc_info[1] is not None:
        parts.append("".join(traceback.format_exception(record.exc_info[1])).rstrip())
    if record.stack_info:
        parts.append(record.stack_info)
    return _cut("\n".join(parts), TRACE_LIMIT)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text) - limit} more characters)"


def _visible(value: object) -> object:
    return value.translate(_CONTROL) if isinstance(value, str) else value


def _visible_lines(trace: object) -> object:
    """Of a traceback, whose lines stay lines; those after the first cannot be taken for another entry."""
    if not isinstance(trace, str):
        return trace
    return "\n".join(f"    {line.translate(_CONTROL)}" for line in trace.split("\n"))


def _own_record(text: str) -> logging.LogRecord:
    return logging.LogRecord(__name__, logging.WARNING, __file__, 0, text, None, None)


def _is_news(record: logging.LogRecord) -> bool:
    """uvicorn takes a handshake that was answered with 404, as `/ws/trigger` is where it is off, for a defect."""
    return record.msg != "ASGI callable returned without completing handshake."


def _is_no_poll(record: logging.LogRecord) -> bool:
    """The service's health is asked about for ever: nobody wants to read each time that it was."""
    return "/health " not in f"{record.getMessage()} "


def _uncaught(kind: type[BaseException], problem: BaseException, trace: TracebackType | None) -> None:
    logging.getLogger(__name__).critical("the program ends by a fault", exc_info=(kind, problem, trace))


def _uncaught_in_thread(given: threading.ExceptHookArgs) -> None:
    if given.exc_value is not None:
        problem = (given.exc_type, given.exc_value, given.exc_traceback)
        logging.getLogger(__name__).error("a thread has ended by a fault", exc_info=problem)


def _unraisable(given: "sys.UnraisableHookArgs") -> None:
    if given.exc_value is not None:
        problem = (given.exc_type, given.exc_value, given.exc_traceback)
        logging.getLogger(__name__).error(given.err_msg or "a fault that nobody could handle", exc_info=problem)
