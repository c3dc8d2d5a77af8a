"""One stream of log lines, on stderr: for people by default, JSON for machines."""

import logging
import sys

import structlog
from structlog.typing import Processor

from kanban_app.config import LogFormat, LogLevel, Settings

# What these say below a warning holds whole requests, with the tokens and cookies in them: never, at no level.
_SECRETIVE = ("uvicorn.error", "uvicorn.access", "websockets")
# Chatty at `info` without saying anything that a person who runs the board wants to know.
_QUIET = ("httpx", "httpcore", "alembic", "socketio", "engineio", "asyncio")


def _is_news(record: logging.LogRecord) -> bool:
    """uvicorn takes a handshake that was answered with 404, as `/ws/trigger` is where it is off, for a defect."""
    return record.msg != "ASGI callable returned without completing handshake."


def configure_logs(settings: Settings) -> None:
    """Send the standard library's and structlog's loggers to the same handler."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering(settings.log_format)],
        )
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.DEBUG if settings.log_level is LogLevel.DEBUG else logging.WARNING)
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    for name in _SECRETIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _rendering(log_format: LogFormat) -> list[Processor]:
    if log_format is LogFormat.JSON:
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
