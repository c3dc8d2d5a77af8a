"""What the command says where there is nothing to check."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from kanban_app.cli import main
from kanban_app.conformance.context import Pace
from kanban_app.conformance.encryption import NO_TLS
from kanban_app.conformance.peer import NotReached
from kanban_app.conformance.runner import check_service
from kanban_app.conformance.target import parse_target
from tests.support.certificates import make_authority
from tests.support.defective_service import defective
from tests.support.tac7_server import FakeService


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address that is taken but does not answer."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"ws://127.0.0.1:{taken.getsockname()[1]}/ws/trigger"


def test_nobody_there(nobody: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conformance", nobody]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == f"Workflow service not running: Nothing answers at {nobody}. (E-CONN-1)\n"


async def test_tls_at_a_plain_port_is_told_in_plain_words(capsys: pytest.CaptureFixture[str]) -> None:
    async with FakeService() as service:
        url = service.url.replace("ws:", "wss:", 1)
        assert await asyncio.to_thread(main, ["conformance", url]) == 2
    said = capsys.readouterr().err
    assert f"could be made: {NO_TLS} (E-CONN-6)" in said


async def test_a_plain_address_of_a_tls_port_is_told_in_plain_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    authority = make_authority(tmp_path / "ca")
    async with FakeService(tls=authority.server("IP:127.0.0.1")) as service:
        url = service.url.replace("wss:", "ws:", 1)
        assert await asyncio.to_thread(main, ["conformance", url]) == 2
    said = capsys.readouterr().err
    assert f"The port of {url} speaks TLS, so the address must begin with wss://. (E-CONN-25)" in said


def test_an_address_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conformance", "http://localhost"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_breach_is_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    with defective("health is 503") as url:
        assert main(["conformance", url]) == 1
    assert "breach" in capsys.readouterr().out


async def test_a_service_that_wants_a_token() -> None:
    async with FakeService(token="abc") as service:
        with pytest.raises(NotReached, match="E-AUTH-4"):
            await check_service(parse_target(service.url))
        service.manners.mute = True
        report = await check_service(parse_target(service.url, "abc"), pace=Pace(reply_s=0.2))
    assert [finding.check for finding in report.findings] == ["answers"]
    assert report.exit_code == 1


async def test_what_there_is_no_time_for_is_not_checked() -> None:
    with defective() as url:
        report = await check_service(parse_target(url), pace=Pace(total_s=0.0))
    assert {finding.result.value for finding in report.findings} == {"not checked"}
    assert report.exit_code == 1
