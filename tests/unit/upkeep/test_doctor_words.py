"""Each check of the doctor, when all is well and when it is not."""

import json
from pathlib import Path
from typing import Any

import pytest

from kanban_app.client.probe import ProbeResult
from kanban_app.config import AuthMode, Settings
from kanban_app.domain.workflows import Vintage
from kanban_app.tac7.trouble import Trouble
from kanban_app.upkeep.doctor import environment, network, wishes
from kanban_app.upkeep.doctor.command import as_document, as_line, exit_code, summary
from kanban_app.upkeep.doctor.data import room
from kanban_app.upkeep.doctor.finding import Finding, Level, fail, ok, warn

URL = "ws://127.0.0.1:8500/ws/trigger"


@pytest.mark.parametrize(
    ("findings", "code"), [([ok("a", "b")], 0), ([ok("a", "b"), warn("a", "b", "c")], 1), ([fail("a", "b", "c")], 2)]
)
def test_the_worst_finding_is_the_exit_code(findings: list[Finding], code: int) -> None:
    assert exit_code(findings) == code
    assert summary(findings)
    document = json.loads(as_document(findings))
    assert document["exit_code"] == code
    assert document["findings"][0]["subject"] == "a"


def test_a_line_says_what_to_do() -> None:
    assert as_line(ok("Port", "3000 is free")) == "ok    Port: 3000 is free."
    assert as_line(fail("Port", "3000 is taken", "Stop it.")) == "fail  Port: 3000 is taken.\n      → Stop it."


@pytest.mark.parametrize(("version", "level"), [((3, 10, 9), Level.FAIL), ((3, 11, 0), Level.OK), ((3, 14), Level.OK)])
def test_python(version: tuple[int, ...], level: Level) -> None:
    assert environment.python(version).level is level


@pytest.mark.parametrize(("free", "level"), [(10**6, Level.FAIL), (100 * 10**6, Level.WARN), (10**10, Level.OK)])
def test_room(free: int, level: Level) -> None:
    assert room(Path("/data"), free).level is level


@pytest.mark.parametrize(
    ("skew", "level", "words"),
    [
        (0.4, Level.OK, "agrees"),
        (-30.0, Level.WARN, "30 s behind the service's"),
        (3600.0, Level.FAIL, "3,600 s ahead of the service's"),
    ],
)
def test_the_clock(skew: float, level: Level, words: str) -> None:
    found = network.clock(skew, "the service's")
    assert found.level is level
    assert words in found.text


def test_what_a_service_answers() -> None:
    good = network.told(ProbeResult(URL, Vintage.V0, round_trip_ms=3.6), URL)
    assert (good.level, good.text) == (Level.OK, f"{URL} is an older TAC-7 service (V0) and answers within 4 ms")
    assert network.told(ProbeResult(URL, Vintage.OURS, round_trip_ms=2500.0), URL).level is Level.WARN
    away = network.told(ProbeResult(URL, trouble=Trouble("E-CONN-1", {"url": URL})), URL)
    assert away.level is Level.FAIL
    assert "E-CONN-1" in away.text
    assert away.advice
    other = ProbeResult(
        URL, trouble=Trouble("E-CONN-5", {"port": "1", "other": "8002"}), other_url="ws://x:8002/ws/trigger"
    )
    assert "ws://x:8002/ws/trigger" in network.told(other, URL).advice


def made(**given: Any) -> Settings:
    return Settings(**{"data_dir": Path("/data"), **given})


def said(settings: Settings, environ: dict[str, str] | None = None, env_file: Path = Path("/nonexistent")) -> str:
    return " ".join(f.text for f in wishes.wishes(settings, environ or {}, env_file))


def test_settings_that_go_together() -> None:
    assert said(made()) == "go together"


def test_settings_that_do_not(tmp_path: Path) -> None:
    assert "KANBAN_HOTS is not a setting" in said(made(), {"KANBAN_HOTS": "x"})
    assert "KANBAN_SETUP_COMMAND changes nothing" in said(made(setup_command="npm ci"))
    open_to_all = made(auth=AuthMode.NONE, token="s3cret")
    assert "asks nobody for it" in said(open_to_all)
    assert "s3cret" not in said(open_to_all)
    assert "not encrypted" in said(made(host="0.0.0.0"))
    assert "without encryption" in said(made(tac7_url="ws://example.org/ws/trigger", tac7_token="t0ken"))
    assert said(made(tac7_url="ws://127.0.0.1/ws/trigger", tac7_token="t0ken")) == "go together"
    assert said(made(tac7_url="wss://example.org/ws/trigger", tac7_token="t0ken")) == "go together"
    (tmp_path / ".git").mkdir()
    inside = Settings(data_dir=tmp_path / ".kanban", project_dir=tmp_path)
    assert "inside of the project's repository" in said(inside)


def test_a_token_that_others_can_read(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("KANBAN_TOKEN=s3cret\n")
    file.chmod(0o644)
    text = said(made(), {}, file)
    assert "can be read by other users" in text
    assert "s3cret" not in text
    file.chmod(0o600)
    assert said(made(), {}, file) == "go together"
