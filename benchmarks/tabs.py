"""Many tabs on one board: one real page, and Socket.IO clients in a process of their own for the rest."""

import json
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from playwright.sync_api import Browser, WebSocket

from benchmarks.failure import NotMeasured
from benchmarks.measuring import Figures, latency
from benchmarks.processes import CpuMeter, one
from benchmarks.rig import running_rig
from benchmarks.screen import signed_in
from benchmarks.streaming import Streaming
from tests.support.app import ROOT, AppProcess
from tests.support.browser import blocking_chromium


@dataclass(frozen=True, slots=True)
class Tabs:
    """`streaming` with so many tabs open."""

    tabs: int
    streaming: Streaming

    def measure(self) -> Figures:
        with running_rig() as rig, blocking_chromium() as browser:
            cards = rig.started(self.streaming.runs)
            if self.tabs == 1:
                return self.streaming.measure_page(rig, cards, browser)
            hello = first_packet(browser, rig.app)
            with _viewers(rig.app, hello, self.tabs - 1) as viewers:
                meter = CpuMeter(one(viewers.pid))
                meter.start()
                _seen(viewers)
                page = self.streaming.measure_page(rig, cards, browser)
                seen = _seen(viewers)
                return {
                    **page,
                    **latency(seen["delays"], "others"),
                    "others_frames": (seen["frames"], "frames"),
                    "others_bytes": (seen["bytes"] / 1_000_000, "MB"),
                    "cpu_others": (meter.percent(), "% core"),
                }


def first_packet(browser: Browser, app: AppProcess) -> str:
    """With which a page asks for its board, as it goes over the wire."""
    packets: list[str] = []

    def watch(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: packets.append(str(frame)))

    context = signed_in(browser, app)
    try:
        page = context.new_page()
        page.on("websocket", watch)
        page.goto(app.base_url)
        page.locator('[data-testid=connection-status][data-state="connected"]').wait_for(state="attached")
    finally:
        context.close()
    hello = next((packet for packet in packets if packet.startswith("40/_event,")), None)
    if hello is None:
        raise NotMeasured("the page's own first packet was not seen")
    return hello


@contextmanager
def _viewers(app: AppProcess, hello: str, count: int) -> Generator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.viewers"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        order = {
            "url": app.base_url.replace("http", "ws", 1),
            "origin": app.base_url,
            "headers": app.headers,
            "protocols": [version("reflex")],
            "hello": hello,
            "count": count,
        }
        _tell(process, json.dumps(order))
        _news(process, "ready")
        yield process
    finally:
        process.kill()
        process.wait(10)
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()


def _seen(process: subprocess.Popen[str]) -> Any:
    _tell(process, "")
    return _news(process, "seen")


def _tell(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdin
    process.stdin.write(text + "\n")
    process.stdin.flush()


def _news(process: subprocess.Popen[str], kind: str) -> Any:
    assert process.stdout
    text = process.stdout.readline()
    news = json.loads(text) if text else {}
    if news.get("event") != kind:
        raise NotMeasured("the clients that stand for tabs have failed")
    return news
