"""The log of a tab without a browser: the real feed and socket code in Node, in a world that the test moves on."""

import json
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.support.node import COMPONENTS, NODE

KEPT: Final = 16
"""How many blocks the copy under test may hold: so few that a test comes to the bound."""

# Time stands still but for `pass`; a socket opens and brings what the test says; requests wait for their answers.
_DRIVER: Final = """
import { createInterface } from "node:readline";
let now = 0;
let timers = [];
let painted = [];
let out = { connects: 0, closes: 0, sent: [], asked: [] };
let requests = new Map();
let count = 0;
let socket = null;
globalThis.setTimeout = (call, wait = 0) => (timers.push({ id: ++count, at: now + wait, call }), count);
globalThis.clearTimeout = (id) => void (timers = timers.filter((timer) => timer.id !== id));
globalThis.requestAnimationFrame = (call) => painted.push(call);
globalThis.window = { location: { href: "http://board/" }, addEventListener() {}, removeEventListener() {} };
globalThis.document = { hidden: false, addEventListener() {}, removeEventListener() {} };
AbortSignal.timeout = () => new AbortController().signal;
globalThis.WebSocket = class {
  static OPEN = 1;
  readyState = 0;
  constructor() {
    socket = this;
    out.connects += 1;
  }
  send(text) {
    out.sent.push(JSON.parse(text));
  }
  close() {
    if (this.readyState < 3 && socket === this) out.closes += 1;
    this.readyState = 3;
  }
};
globalThis.fetch = (url, { signal } = {}) => {
  if (url === "/api/v1/health") return Promise.resolve({ status: 200 });
  const id = ++count;
  return new Promise((resolve, reject) => {
    requests.set(id, resolve);
    signal.addEventListener("abort", () => {
      requests.delete(id);
      reject(new Error("aborted"));
    });
    out.asked.push({ id, url });
  });
};
const folder = process.argv[1];
const { feedOf, leave } = await import(folder + "log_feed.js");
const { liveSocket } = await import(folder + "live_socket.js");
const { joinTools, KEPT } = await import(folder + "log_lines.js");
const { EVERYTHING, rowsOf } = await import(folder + "log_search.js");
const settled = () => new Promise(setImmediate);
let feed = null;
let view = { from: 0, to: 0 };
// As the page does it: once a frame what came is shown, and what is in view is looked at.
const paint = () => {
  const calls = painted;
  painted = [];
  for (const call of calls) call();
  if (feed) feed.look(view.from, view.to, true);
};
const DO = {
  show({ run }) {
    if (feed) leave(feed);
    feed = feedOf(run);
    feed.start();
  },
  look({ from, to }) {
    view = { from, to };
    paint();
  },
  open() {
    socket.readyState = 1;
    socket.onopen();
  },
  message({ text }) {
    socket?.onmessage?.({ data: text });
  },
  close() {
    const gone = socket;
    gone.readyState = 3;
    gone.onclose?.();
  },
  answer({ id, status, body }) {
    requests.get(id)?.({ ok: status === 200, status, json: async () => body });
    requests.delete(id);
  },
  // Ends when a socket is wanted or given up; the result is what is left of the time then.
  async pass({ ms }) {
    const end = now + ms;
    while (out.connects + out.closes === 0) {
      paint();
      await settled();
      timers.sort((a, b) => a.at - b.at || a.id - b.id);
      if (!(timers[0]?.at <= end)) now = end;
      if (now === end) break;
      const timer = timers.shift();
      now = timer.at;
      timer.call();
    }
    return end - now;
  },
  reset() {
    if (feed) leave(feed);
    liveSocket.stop();
    feed = socket = null;
    view = { from: 0, to: 0 };
    timers = [];
    painted = [];
    requests = new Map();
  },
  find({ query }) {
    feed.find(query, EVERYTHING);
  },
  older() {
    void feed.findOlder();
  },
  found() {
    const { state, seqs, older } = feed.found ?? {};
    return { state, seqs, older };
  },
  rows() {
    paint();
    const { log } = feed.shown;
    const joins = joinTools(log.blocks);
    const rows = [];
    for (let index = view.from; index <= view.to; index += 1) rows.push(...rowsOf(log, index, joins, EVERYTHING));
    const results = [...joins.resultOf].map(([call, result]) => [call, result]);
    return { rows, results, link: feed.shown.link, failed: feed.shown.failed };
  },
};
for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  let answer;
  try {
    const value = await DO[order.do](order);
    await settled();
    const { known, last, gap, blocks } = feed?.log ?? { blocks: new Map() };
    answer = { ...out, value, log: { known, last, gap, blocks: blocks.size }, kept: KEPT };
  } catch (error) {
    answer = { error: String(error.stack) };
  }
  out = { connects: 0, closes: 0, sent: [], asked: [] };
  process.stdout.write(JSON.stringify(answer) + "\\n");
}
"""


@dataclass(frozen=True, slots=True)
class Done:
    """What the tab did after something was done to it."""

    connects: int
    closes: int
    sent: list[dict[str, Any]]
    asked: list[dict[str, Any]]
    log: dict[str, Any]
    value: Any


class LogTab:
    """One tab that looks at one log at a time."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def do(self, what: str, **more: object) -> Done:
        """One of the driver's orders, carried out to its end."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"do": what, **more}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert "error" not in answer, answer["error"]
        assert answer["kept"] == KEPT
        return Done(
            answer["connects"], answer["closes"], answer["sent"], answer["asked"], answer["log"], answer.get("value")
        )


@contextmanager
def log_tab(folder: Path) -> Generator[LogTab]:
    """A tab that has nothing open; `folder` is for a copy of the components that Node takes for modules."""
    assert NODE, "needs Node"
    for file in COMPONENTS.glob("*.js"):
        shutil.copy(file, folder)
    lines = folder / "log_lines.js"
    lines.write_text(lines.read_text().replace("export const KEPT = 400;", f"export const KEPT = {KEPT};"))
    (folder / "package.json").write_text('{"type": "module"}')
    process = subprocess.Popen(
        [NODE, "--input-type=module", "-e", _DRIVER, f"{folder.as_uri()}/"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield LogTab(process)
    finally:
        assert process.stdin
        assert process.stdout
        process.stdin.close()
        process.wait(20)
        process.stdout.close()
