"""The network of this computer comes and goes: in a namespace of its own, with a pair of interfaces for a cable."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kanban_app.client.network import ways_out

ROOT = Path(__file__).parents[3]
UNSHARE = ["unshare", "--map-root-user", "--net"]
HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"


def refused() -> str | None:
    """Why namespaces cannot be had here."""
    if not all(shutil.which(tool) for tool in ("unshare", "ip")):
        return "the commands unshare and ip are not installed"
    tried = subprocess.run([*UNSHARE, "ip", "link", "add", "cable0", "type", "veth"], check=False, capture_output=True)
    return None if tried.returncode == 0 else f"the kernel refuses: {tried.stderr.decode().strip()}"


def test_the_network_returns_and_so_does_the_connection() -> None:
    if reason := refused():
        pytest.skip(reason)
    command = [*UNSHARE, sys.executable, "-m", "tests.support.network_of_its_own"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert (seen["first"], seen["then"]) == ("E-CONN-22", "E-CONN-22")
    assert seen["connections_at_home"] == 1
    # The wait would have been a minute.
    assert max(seen["took"]) < 30


def test_the_ways_out_of_this_computer(tmp_path: Path) -> None:
    (tmp_path / "route").write_text(
        HEAD
        + "eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
        + "lo\t0000007F\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0\n"
        + "*\t0000FEA9\t00000000\t0200\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
    )
    (tmp_path / "if_inet6").write_text(
        "00000000000000000000000000000001 01 80 10 80       lo\n"
        "fe800000000000000000000000000001 02 40 20 80     eth0\n"
        "20010db8000000000000000000000001 02 40 00 80     eth0\n"
    )
    assert ways_out(tmp_path) == {
        ("route", "eth0", "00000000", "0101A8C0"),
        ("address", "eth0", "20010db8000000000000000000000001"),
    }


def test_a_kernel_without_ipv6_has_ways_too(tmp_path: Path) -> None:
    (tmp_path / "route").write_text(HEAD)
    assert ways_out(tmp_path) == frozenset()


def test_a_system_that_does_not_tell(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="route"):
        ways_out(tmp_path)
