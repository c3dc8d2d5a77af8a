"""The program's own log: every way into it, what it looks like, its files, and that nobody waits for it."""

import io
import json
import logging
import stat
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, cast

import pytest
import structlog
from pydantic import SecretStr
from structlog.contextvars import bound_contextvars

from kanban_app.config import LogFormat, LogLevel, Settings
from kanban_app.observing import logs
from kanban_app.observing.context import own_context
from kanban_app.observing.logs import adopt_loggers, logging_to
from kanban_app.observing.masking import KNOWN

# Every secret that there can be in the configuration, found by its type: a new one is tested without a word here.
SECRETS: Final = sorted(name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation))
VALUE: Final = "pst/na~me={}-Q7x9+r"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """What the log changes is the process's."""
    root, level = logging.getLogger(), logging.getLogger().level
    handlers, hooks = list(root.handlers), (sys.excepthook, threading.excepthook, sys.unraisablehook)
    levels = {name: one.level for name, one in root.manager.loggerDict.items() if isinstance(one, logging.Logger)}
    raising = logging.raiseExceptions
    with warnings.catch_warnings():
        yield
    root.handlers[:] = handlers
    root.setLevel(level)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    logging.captureWarnings(capture=False)
    logging.raiseExceptions = raising
    for name in root.manager.loggerDict:
        if isinstance(one := root.manager.loggerDict[name], logging.Logger):
            one.setLevel(levels.get(name, logging.NOTSET))
            one.filters.clear()
    structlog.reset_defaults()


def settings(data_dir: Path, **values: Any) -> Settings:
    return Settings.model_construct(
        _fields_set=None, **{**{n: f.default for n, f in Settings.model_fields.items()}, "data_dir": data_dir, **values}
    )


@contextmanager
def written(monkeypatch: pytest.MonkeyPatch, given: Settings) -> Iterator[Callable[[], str]]:
    """What has come out on stderr; complete after the block."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with logging_to(given) as opened:
        opened.write_file(given.data_dir)
        yield stream.getvalue


def file_of(data_dir: Path) -> str:
    return (data_dir / "logs" / "kanban.log").read_text()


def leave(secret: str, token: SecretStr) -> None:
    """A function with secrets among its local variables breaks."""
    headers = {"authorization": f"Bearer {secret}"}
    raise RuntimeError(f"refused with {headers} and {token}")


def in_a_thread(secret: str) -> None:
    def broken() -> None:
        raise ValueError(secret)

    thread = threading.Thread(target=broken)
    thread.start()
    thread.join()


def every_way(secret: str) -> None:
    """All ways into the log."""
    for name in ("kanban_app.x", "uvicorn.error", "websockets.client", "alembic.runtime", "reflex.app", "httpx"):
        logging.getLogger(name).error("said %s", secret)
    log = logging.getLogger("kanban_app.ways")
    log.warning("as an extra", extra={"note": secret, "token": secret})
    log.warning("in a value: %r %s", {"x": [secret]}, secret.encode())
    log.warning("wrong arguments %s %s", secret)  # noqa: PLE1206
    log.warning(cast("str", {"password": secret}))
    log.warning("with the stack", stack_info=True, extra={"deep": {"inner": [{"cookie": secret}]}})
    structlog.get_logger("kanban_app.struct").warning("by structlog", value=secret, headers={"cookie": secret})
    with bound_contextvars(request=secret):
        log.warning("as an id")
    try:
        leave(secret, SecretStr(secret))
    except RuntimeError as problem:
        log.exception("with a traceback")
        structlog.get_logger("kanban_app.struct").exception("by structlog", of=secret)
        sys.excepthook(RuntimeError, problem, problem.__traceback__)
    in_a_thread(secret)
    warnings.warn(secret, stacklevel=1)


@pytest.mark.parametrize("log_format", list(LogFormat))
@pytest.mark.parametrize("name", SECRETS)
def test_no_secret_of_the_configuration_comes_out_by_any_way(
    name: str, log_format: LogFormat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = VALUE.format(name)
    given = settings(tmp_path, log_format=log_format, log_level=LogLevel.DEBUG, **{name: SecretStr(secret)})
    with written(monkeypatch, given) as text:
        logging.getLogger("kanban_app.settings").info("started with %r", given)
        every_way(secret)
    for out in (text(), file_of(tmp_path)):
        assert "with a traceback" in out
        assert "a thread has ended" in out
        assert "the program ends" in out
        assert "said " in out
        assert "na~me" not in out
        assert "na%7Eme" not in out


def test_the_settings_have_secrets() -> None:
    assert {"token", "tac7_token"} <= set(SECRETS)


def test_made_and_entered_tokens_are_known_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    KNOWN.add("made-at-the-first-start-1")
    with written(monkeypatch, settings(tmp_path)) as text:
        logging.getLogger("kanban_app.x").error("it is made-at-the-first-start-1")
    assert "made-at" not in text()


def test_lines_for_machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with written(monkeypatch, settings(tmp_path, log_format=LogFormat.JSON)) as text:
        with bound_contextvars(request="r1", run="1a2b3c4d"):
            logging.getLogger("kanban_app.x").warning("card %s", "c1", extra={"attempt": "a1"})
        try:
            raise ValueError("why")
        except ValueError:
            logging.getLogger("kanban_app.x").exception("broken\nin two lines")
    first, second = (json.loads(line) for line in text().splitlines())
    assert first["event"] == "card c1"
    assert (first["request"], first["run"], first["attempt"], first["level"]) == ("r1", "1a2b3c4d", "a1", "warning")
    assert first["logger"] == "kanban_app.x"
    assert first["timestamp"].endswith("+00:00")
    assert "request" not in second
    assert second["exception"].endswith("ValueError: why")
    assert file_of(tmp_path) == text()


def test_lines_for_people_cannot_be_forged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with written(monkeypatch, settings(tmp_path)) as text:
        logging.getLogger("kanban_app.x").warning("a\n2026 [error] forged \x1b[2J\x9b", extra={"who": "b\r\nc"})
    assert len(text().splitlines()) == 1
    assert "\x1b" not in text()
    assert "\x9b" not in text()


def test_a_library_with_a_handler_of_its_own_is_brought_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stray = logging.getLogger("reflex_of_a_test")
    stray.addHandler(logging.StreamHandler(io.StringIO()))
    stray.propagate = False
    with written(monkeypatch, settings(tmp_path)) as text:
        adopt_loggers()
        stray.error("here")
    assert text().count("here") == 1


def test_polls_of_health_are_quiet_even_at_debug(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with written(monkeypatch, settings(tmp_path, log_level=LogLevel.DEBUG)) as text:
        request = logging.getLogger("httpx")
        for url in ("http://127.0.0.1:8500/health", "http://127.0.0.1:8500/api/adws/1a2b3c4d"):
            request.info('HTTP Request: %s %s "%s %d %s"', "GET", url, "HTTP/1.1", 200, "OK")
        logging.getLogger("httpcore.http11").debug("send_request_headers.started")
        logging.getLogger("uvicorn.error").debug("%s < PING", "1.2.3.4")
    assert text().count("HTTP Request") == 1
    assert "/health" not in text()
    assert "send_request" not in text()
    assert "PING" not in text()


def test_files_are_private_bounded_in_size_and_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MEGABYTE", 10_000)
    with written(monkeypatch, settings(tmp_path, log_file_mb=1, log_files=3)):
        for number in range(600):
            logging.getLogger("kanban_app.x").warning("line %d %s", number, "x" * 80)
    folder = tmp_path / "logs"
    files = sorted(folder.iterdir())
    assert [file.name for file in files] == ["kanban.log", "kanban.log.1", "kanban.log.2"]
    assert all(file.stat().st_size <= 10_000 for file in files)
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert "line 599" in files[0].read_text()


def test_one_file_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MEGABYTE", 10_000)
    with written(monkeypatch, settings(tmp_path, log_file_mb=1, log_files=1)):
        for number in range(300):
            logging.getLogger("kanban_app.x").warning("line %d %s", number, "x" * 80)
    assert [file.name for file in (tmp_path / "logs").iterdir()] == ["kanban.log"]
    assert (tmp_path / "logs" / "kanban.log").stat().st_size < 11_000


@pytest.mark.parametrize("off", [{"log_file_mb": 0}, {"log_files": 0}])
def test_no_file_where_it_is_off(off: dict[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with written(monkeypatch, settings(tmp_path, **off)) as text:
        logging.getLogger("kanban_app.x").warning("here")
    assert "here" in text()
    assert not (tmp_path / "logs").exists()


def test_a_file_that_cannot_be_written_costs_only_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "logs" / "kanban.log").mkdir(parents=True)
    with written(monkeypatch, settings(tmp_path)) as text:
        logging.getLogger("kanban_app.x").warning("one")
        logging.getLogger("kanban_app.x").warning("two")
    assert text().count("cannot be written") == 1
    assert "one" in text()
    assert "two" in text()


class Stuck(io.StringIO):
    """A terminal that takes nothing until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()

    def write(self, text: str) -> int:
        self.let_go.wait(30)
        return super().write(text)


def test_nobody_waits_for_a_terminal_that_takes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stuck()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(logs, "QUEUE_RECORDS", 100)
    log = logging.getLogger("kanban_app.x")
    with logging_to(settings(tmp_path, log_file_mb=0)):
        began = time.perf_counter()
        for number in range(1000):
            log.warning("line %d", number)
        took = time.perf_counter() - began
        stream.let_go.set()
    text = stream.getvalue()
    assert took < 2
    assert text.count("line ") <= 102
    assert "lines of this log were dropped" in text or "line of this log was" in text


def test_what_outlives_a_request_does_not_have_its_id() -> None:
    with bound_contextvars(request="r1"):
        context = own_context(run="1a2b3c4d")
    assert context.run(structlog.contextvars.get_contextvars) == {"run": "1a2b3c4d"}
