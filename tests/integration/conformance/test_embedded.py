"""The embedded service, in a process of its own, passes for all that it advertises."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
TRIGGERS_PER_MINUTE = "30"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[str]:
    """Its address. The demonstration runs without pauses."""
    command = [sys.executable, "-m", "tests.support.service_process", str(tmp_path), "0", TRIGGERS_PER_MINUTE]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        with process.stdout:
            yield f"ws://127.0.0.1:{int(process.stdout.readline())}/ws/trigger"
    finally:
        process.kill()
        process.wait()


def conformance(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "kanban_app", "conformance", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=110)


def test_it_passes_with_starts(service: str) -> None:
    answer = conformance(service, "--full", "--json")
    document: dict[str, Any] = json.loads(answer.stdout)
    assert [finding for finding in document["findings"] if finding["result"] != "pass"] == []
    assert (document["vintage"], document["extensions"]) == (
        "ours",
        ["cancel", "diff", "merge", "queue_status", "request_id", "since"],
    )
    assert (document["untried"], document["exit_code"], answer.returncode) == (0, 0, 0)


def test_it_passes_without_starts_and_starts_nothing(service: str, tmp_path: Path) -> None:
    answer = conformance(service)
    assert answer.returncode == 0, answer.stdout
    assert "breach" not in answer.stdout
    assert "deviates" not in answer.stdout
    assert not (tmp_path / "ledger.jsonl").exists()


def test_a_token_is_sent_and_never_shown(service: str) -> None:
    answer = conformance(service, "--token", "s3cret-token", "--json")
    assert answer.returncode == 0
    assert "s3cret-token" not in answer.stdout + answer.stderr
