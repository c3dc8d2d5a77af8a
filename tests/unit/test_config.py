"""Settings: defaults, what is refused and in which words."""

from pathlib import Path

import pytest

from kanban_app.config import AuthMode, LogFormat, Settings, load_settings
from kanban_app.errors import StartRefusal
from kanban_app.setting_texts import printable
from tests.support.certificates import make_authority
from tests.support.environment import without_settings


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    without_settings(monkeypatch, tmp_path)


def refusal(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    for name, value in variables.items():
        monkeypatch.setenv(f"KANBAN_{name}", value)
    with pytest.raises(StartRefusal) as caught:
        load_settings()
    return str(caught.value)


def test_the_defaults(tmp_path: Path) -> None:
    settings = load_settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 3000)
    assert settings.data_dir == tmp_path / ".kanban"
    assert settings.database_path == tmp_path / ".kanban/kanban.db"
    assert settings.auth is AuthMode.TOKEN
    assert settings.runs_embedded_service
    assert (settings.max_concurrent_runs, settings.triggers_per_minute, settings.demo_speed) == (15, 28, 1.0)
    assert (settings.trigger_grace_s, settings.run_silent_after_s) == (None, None)
    assert not settings.stop_runs_on_exit
    assert not any(settings.is_set(name) for name in Settings.model_fields)


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("KANBAN_PORT=4000\nKANBAN_LOG_FORMAT=json\nOTHER=1\n")
    monkeypatch.setenv("KANBAN_PORT", "5000")
    settings = load_settings()
    assert settings.port == 5000
    assert settings.log_format is LogFormat.JSON
    assert settings.is_set("port")
    assert settings.is_set("log_format")


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANBAN_TOKEN", "")
    monkeypatch.setenv("KANBAN_PORT", "")
    settings = load_settings()
    assert settings.token is None
    assert not settings.is_set("port")


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().port = 1  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize(
    ("url", "embedded", "runs"),
    [
        ("", "", True),
        ("ws://127.0.0.1:8500/ws/trigger", "", False),
        ("ws://127.0.0.1:8500/ws/trigger", "true", True),
        ("ws://127.0.0.1:8500/ws/trigger", "false", False),
        ("", "true", True),
    ],
)
def test_the_embedded_service_answers_unless_there_is_another(
    monkeypatch: pytest.MonkeyPatch, url: str, embedded: str, runs: bool
) -> None:
    monkeypatch.setenv("KANBAN_TAC7_URL", url)
    monkeypatch.setenv("KANBAN_EMBEDDED", embedded)
    assert load_settings().runs_embedded_service is runs


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "abc"),
        ("PORT", "-1"),
        ("PORT", "65536"),
        ("PORT", "3000.5"),
        ("HOST", "http://localhost"),
        ("HOST", "a b"),
        ("DATABASE_URL", "kanban.db"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("TAC7_URL", "http://127.0.0.1:8500/ws/trigger"),
        ("TAC7_URL", "ws://"),
        ("TAC7_URL", "ws://user:secret@host/ws/trigger"),
        ("TAC7_URL", "ws://host:99999/"),
        ("TAC7_TOKEN", "two words"),
        ("EMBEDDED", "perhaps"),
        ("AUTH", "password"),
        ("TOKEN", "two words"),
        ("TOKEN", "tö"),
        ("ALLOWED_ORIGINS", "board.example.org"),
        ("ALLOWED_ORIGINS", "https://board.example.org/path"),
        ("ALLOWED_ORIGINS", "*"),
        ("MAX_CONCURRENT_RUNS", "0"),
        ("TRIGGERS_PER_MINUTE", "0"),
        ("TRIGGER_TIMEOUTS", "soon"),
        ("TRIGGER_TIMEOUTS", "0"),
        ("TRIGGER_TIMEOUTS", "nan"),
        ("TRIGGER_TIMEOUTS", "inf"),
        ("TRIGGER_TIMEOUTS", "30, 40"),
        ("TRIGGER_TIMEOUTS", "adw_sdlc_iso=120"),
        ("TRIGGER_TIMEOUTS", "30, adw_nobody_iso=120"),
        ("TRIGGER_TIMEOUTS", "30, adw_sdlc_iso=120, adw_sdlc_iso=60"),
        ("TRIGGER_TIMEOUTS", "30, adw_sdlc_iso=-1"),
        ("TRIGGER_TIMEOUTS", "30,"),
        ("STUCK_AFTER_S", "0"),
        ("ANNOUNCE_TICKETS", "some"),
        ("TRIGGER_GRACE_S", "-1"),
        ("RUN_SILENT_AFTER_S", "0"),
        ("RUN_SILENT_AFTER_S", "nan"),
        ("DEMO_SPEED", "inf"),
        ("STOP_RUNS_ON_EXIT", "sometimes"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_a_wrong_value_is_refused_in_one_sentence(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    sentence = refusal(monkeypatch, **{name: value})
    assert sentence.startswith(f"KANBAN_{name} must be ")
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("text", "general", "named"),
    [
        ("30", 30, {}),
        ("12.5, adw_merge_iso=120", 12.5, {"adw_merge_iso": 120}),
        (" adw_sdlc_iso = 90 ,45,adw_plan_iso=5 ", 45, {"adw_sdlc_iso": 90, "adw_plan_iso": 5}),
    ],
)
def test_how_long_a_start_may_take_is_given_by_workflow_type(
    monkeypatch: pytest.MonkeyPatch, text: str, general: float, named: dict[str, float]
) -> None:
    """R19, R55."""
    monkeypatch.setenv("KANBAN_TRIGGER_TIMEOUTS", text)
    settings = load_settings()
    assert (settings.trigger_timeout_s, settings.trigger_timeouts_s) == (general, named)


def test_several_wrong_values_are_named_together(monkeypatch: pytest.MonkeyPatch) -> None:
    sentence = refusal(monkeypatch, PORT="x", LOG_LEVEL="loud")
    assert "KANBAN_PORT" in sentence
    assert "KANBAN_LOG_LEVEL" in sentence
    assert "\n" not in sentence


def test_a_secret_is_not_shown_in_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "hush" not in refusal(monkeypatch, TOKEN="hush hush", TAC7_TOKEN="hush hush")


def test_what_is_not_supported_yet_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    sentence = refusal(monkeypatch, DATABASE_URL="postgresql://u:hush@h/d")
    assert sentence.startswith("KANBAN_DATABASE_URL is not supported")
    assert "hush" not in sentence


def test_a_project_is_a_repository(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert refusal(monkeypatch, PROJECT_DIR=str(tmp_path / "gone")) == (
        f"KANBAN_PROJECT_DIR names no folder: {tmp_path / 'gone'}."
    )
    assert refusal(monkeypatch, PROJECT_DIR=str(tmp_path)) == (
        f"KANBAN_PROJECT_DIR is no git repository (there is no .git in {tmp_path})."
    )
    (tmp_path / ".git").mkdir()
    monkeypatch.setenv("KANBAN_PROJECT_DIR", str(tmp_path))
    assert load_settings().project_dir == tmp_path


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BASE_BRANCH", "--upload-pack=x"),
        ("SETUP_COMMAND", "npm 'ci"),
        ("PORT_RANGE", "9299-9200"),
        ("PORT_RANGE", "80-90"),
        ("PORT_RANGE", "9200"),
        ("PASS_ENV", "A-B"),
        ("PASS_ENV", "KANBAN_TOKEN"),
        ("RUN_NICENESS", "20"),
        ("RUN_TIME_LIMIT_S", "0"),
    ],
)
def test_settings_of_runs_are_checked(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    assert refusal(monkeypatch, **{name: value}).startswith(f"KANBAN_{name} must be ")


def test_a_board_without_any_service_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(monkeypatch, EMBEDDED="false") == (
        "Nothing would run the workflows: set KANBAN_TAC7_URL, or leave KANBAN_EMBEDDED alone."
    )


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "board.example.org"])
def test_an_open_board_listens_on_loopback_only(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    assert "KANBAN_AUTH=none" in refusal(monkeypatch, HOST=host, AUTH="none")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_an_open_board_on_loopback_is_fine(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("KANBAN_HOST", host)
    monkeypatch.setenv("KANBAN_AUTH", "NONE")
    assert load_settings().auth is AuthMode.NONE


@pytest.mark.parametrize("prefix", ["sqlite:///", "sqlite+aiosqlite:///"])
def test_the_database_may_lie_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, prefix: str) -> None:
    monkeypatch.setenv("KANBAN_DATABASE_URL", f"{prefix}/srv/board.db")
    assert load_settings().database_path == Path("/srv/board.db")
    monkeypatch.setenv("KANBAN_DATABASE_URL", f"{prefix}board.db")
    settings = load_settings()
    monkeypatch.chdir("/")
    assert settings.database_path == tmp_path / "board.db"


def test_origins_are_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANBAN_ALLOWED_ORIGINS", " https://Board.example.org/ , http://10.0.0.2:8080,")
    assert load_settings().allowed_origins == ("https://board.example.org", "http://10.0.0.2:8080")


@pytest.mark.parametrize("content", [None, "", "no certificates in here", "-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_authorities_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    expected = "KANBAN_TAC7_CA_FILE must be a readable PEM file of certificates."
    assert refusal(monkeypatch, TAC7_CA_FILE=str(file)) == expected


def test_authorities_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    authority = make_authority(tmp_path / "ca")
    monkeypatch.setenv("KANBAN_TAC7_CA_FILE", "ca/ca.pem")
    assert load_settings().tac7_ca_file == authority.ca_file
    assert dict(printable(load_settings()))["KANBAN_TAC7_CA_FILE"] == str(authority.ca_file)
