"""One process on one port: how it starts, stops and dies."""

import asyncio
import json
import os
import signal
import socket
import stat
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import websockets

from tests.support.app import AppProcess, run_command

StartBoard = Callable[..., AppProcess]


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def open_page(app: AppProcess) -> websockets.ClientConnection:
    """The socket of an open tab."""
    url = f"{app.base_url.replace('http', 'ws', 1)}/_event/?EIO=4&transport=websocket"
    connection = await websockets.connect(url, additional_headers=app.headers, origin=websockets.Origin(app.base_url))
    assert str(await connection.recv()).startswith("0")
    return connection


def test_it_is_one_process(start_board: StartBoard) -> None:
    app = start_board()
    assert psutil.Process(app.pid).children(recursive=True) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_stops_within_five_seconds_with_open_tabs(start_board: StartBoard, number: signal.Signals) -> None:
    app = await asyncio.to_thread(start_board)
    tabs = [await open_page(app) for _ in range(3)]
    began = time.monotonic()
    os.kill(app.pid, number)
    assert await asyncio.to_thread(app.process.wait, 10) == 0
    assert time.monotonic() - began < 5
    assert not listens(app.port)
    assert "Traceback" not in app.logs
    for tab in tabs:
        await tab.wait_closed()
        assert tab.close_code == 1012


async def test_a_request_that_does_not_end_does_not_keep_it(start_board: StartBoard) -> None:
    app = await asyncio.to_thread(start_board)
    reader, writer = await asyncio.open_connection("127.0.0.1", app.port)
    writer.write(b"POST /api/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n")
    await writer.drain()
    began = time.monotonic()
    assert await asyncio.to_thread(app.terminate) == 0
    assert time.monotonic() - began < 5
    writer.close()
    assert not reader.at_eof() or await reader.read() is not None


def test_after_kill_9_nothing_listens_and_it_starts_again(start_board: StartBoard) -> None:
    app = start_board()
    app.kill9()
    assert not listens(app.port)
    again = start_board(port=app.port)
    assert again.token == app.token


def test_what_it_prints(start_board: StartBoard) -> None:
    first = start_board()
    assert f"Open {first.base_url}/?token={first.token}\n" in first.lines
    assert "KANBAN_TAC7_URL" in first.logs
    first.terminate()
    second = start_board()
    assert "KANBAN_TAC7_URL" not in second.logs


def test_the_token_is_kept_for_the_owner_only(start_board: StartBoard) -> None:
    app = start_board()
    file = app.data_dir / "token"
    assert file.read_text().strip() == app.token
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(app.data_dir.stat().st_mode) == 0o700


def test_a_token_of_ones_own(start_board: StartBoard) -> None:
    app = start_board(env={"KANBAN_TOKEN": "my-own/token+1"})
    assert f"Open {app.base_url}/?token=my-own%2Ftoken%2B1\n" in app.lines
    assert not (app.data_dir / "token").exists()


def test_logs_for_machines(start_board: StartBoard) -> None:
    app = start_board(env={"KANBAN_LOG_FORMAT": "json", "KANBAN_LOG_LEVEL": "debug"})
    entries = [json.loads(line) for line in app.lines if line.startswith("{")]
    assert entries
    assert {"event", "level", "timestamp", "logger"} <= set(entries[0])


def test_misspelled_settings_are_told(start_board: StartBoard) -> None:
    assert "KANBAN_PROT is not a setting" in start_board(env={"KANBAN_PROT": "1"}).logs


def test_config_prints_what_is_in_force(tmp_path: Path) -> None:
    result = run_command("config", data_dir=tmp_path, env={"KANBAN_TOKEN": "hush"})
    assert result.returncode == 0
    assert f"KANBAN_DATA_DIR={tmp_path}\n" in result.stdout
    assert "hush" not in result.stdout


def test_config_refuses_as_serve_does(tmp_path: Path) -> None:
    result = run_command("config", data_dir=tmp_path, env={"KANBAN_PORT": "x"})
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("KANBAN_PORT must be ")
