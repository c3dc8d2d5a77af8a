// The log of one run for the screen: what the live lane brings, older pages over HTTP, and who wants to know of it.
// Messages are taken in at once, also in a tab that nobody sees; the screen hears of them once a frame.
import { liveSocket } from "./live_socket.js";
import { PAGE, blockCount, bounded, emptyLog, heldUpTo, missingPages, narrowed, takeLines, takePage, takeSnapshot, widened } from "./log_lines.js";

const REST_MS = 60;
const RETRY_MS = 2000;
const LOADS = 2;
/** How many lines one press of "Load more" brings of each level looked for. */
const FINDS = 1000;
const KEEP_MS = 60_000;

export class LogFeed {
  log = emptyLog;
  shown = { log: emptyLog, link: "connecting", failed: false, scan: null, search: "" };
  link = "connecting";
  failed = false;
  /** What was found by its level, see `widened`; how the last search stands: "", "busy" or "failed". */
  scan = null;
  search = "";
  searching = null;
  listeners = new Set();
  frame = null;
  view = { from: 0, to: 0, loads: false };
  loading = new Map();
  lookTimer = null;
  wanted = "";
  unfollow = null;
  /** Where the reader was, for when this log is looked at again. */
  place = null;
  /** Names of what the reader has opened. */
  opened = new Set();

  constructor(run) {
    this.run = run;
  }

  start() {
    this.unfollow = liveSocket.follow({
      run: this.run,
      heldUpTo: () => heldUpTo(this.log),
      onMessage: (message) => this.take(message),
      onState: (state) => {
        this.link = state;
        this.change();
      },
    });
  }

  stop() {
    this.unfollow?.();
    this.unfollow = null;
    clearTimeout(this.lookTimer);
    this.wanted = "";
    for (const request of this.loading.values()) request.abort();
    this.loading.clear();
    this.searching?.abort();
    this.search = "";
  }

  subscribe = (listener) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  get = () => this.shown;

  take(message) {
    const hadGap = this.log.gap;
    if (message.last < this.log.last) this.scan = null;
    if (message.type === "snapshot") this.log = takeSnapshot(this.log, message);
    else if (message.type === "lines") this.log = takeLines(this.log, message.lines);
    // Once: what comes until the answer does not connect either.
    if (this.log.gap && !hadGap) liveSocket.attach();
    this.settle();
  }

  /** Blocks `from` to `to` are in view: if it `loads`, what they lack is loaded once the view rests there. */
  look(from, to, loads) {
    this.view = { from, to, loads };
    const wanted = this.missing().join();
    if (wanted === this.wanted) return;
    this.wanted = wanted;
    clearTimeout(this.lookTimer);
    if (wanted) this.lookTimer = setTimeout(() => this.loadMissing(), REST_MS);
  }

  /** Load the last lines of these levels before number `before`, of all levels where `levels` is null. */
  async searchBefore(before, levels) {
    if (this.search === "busy") return;
    const request = new AbortController();
    this.searching = request;
    this.search = "busy";
    this.change();
    try {
      const found = await Promise.all((levels ?? [null]).map((level) => fetchBefore(this.run, before, level, request.signal)));
      this.log = takePage(this.log, found.flat());
      // Of the level with the most lines the search has come least far.
      const from = Math.max(...found.map((lines) => (lines.length < FINDS ? 1 : lines[0].seq)));
      if (levels) this.scan = widened(this.scan, levels.join(), from, before - 1);
      this.search = "";
    } catch {
      if (request.signal.aborted) return;
      this.search = "failed";
    }
    this.settle();
  }

  missing() {
    return this.view.loads ? missingPages(this.log, this.view.from, this.view.to) : [];
  }

  loadMissing() {
    for (const page of this.missing()) this.load(page);
  }

  async load(page) {
    if (this.loading.has(page) || this.loading.size >= LOADS) return;
    const request = new AbortController();
    this.loading.set(page, request);
    let wait = 0;
    try {
      const lines = await fetchPage(this.run, page, request.signal);
      const before = this.log;
      this.log = takePage(before, lines);
      this.failed = this.log.blocks === before.blocks && missingPages(before, 0, Infinity).includes(page);
      if (this.failed) wait = RETRY_MS;
    } catch {
      if (request.signal.aborted) return;
      this.failed = true;
      wait = RETRY_MS;
    } finally {
      if (this.loading.get(page) === request) this.loading.delete(page);
    }
    this.settle();
    clearTimeout(this.lookTimer);
    this.lookTimer = setTimeout(() => this.loadMissing(), wait);
  }

  settle() {
    const { from, to } = this.view;
    const near = Math.min(Math.floor((from + to) / 2), blockCount(this.log));
    const { blocks } = this.log;
    this.log = bounded(this.log, near);
    if (this.scan && this.log.blocks !== blocks) this.scan = narrowed(this.scan, blocks, this.log.blocks, near);
    this.change();
  }

  change() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.shown = { log: this.log, link: this.link, failed: this.failed, scan: this.scan, search: this.search };
      for (const listener of this.listeners) listener();
    });
  }
}

const fetchPage = (run, page, signal) => fetchLines(run, { since: page * PAGE, limit: PAGE }, signal);

const fetchBefore = (run, before, level, signal) => fetchLines(run, { before, limit: FINDS, ...(level && { level }) }, signal);

const fetchLines = async (run, wanted, signal) => {
  const answer = await fetch(`/api/v1/runs/${encodeURIComponent(run)}/log?${new URLSearchParams(wanted)}`, { signal });
  if (!answer.ok) throw new Error(`log page: ${answer.status}`);
  const { entries } = await answer.json();
  return entries.map((line) => ({ ...line, at: Date.parse(line.at) }));
};

let kept = null;
let keptTimer = null;

/** The feed of a run. The last one that was left is taken up again where it was, for a while. */
export const feedOf = (run) => {
  const feed = kept?.run === run ? kept : new LogFeed(run);
  kept = null;
  return feed;
};

/** Stop a feed, and keep it in case that it is looked at again. */
export const leave = (feed) => {
  feed.stop();
  kept = feed;
  clearTimeout(keptTimer);
  keptTimer = setTimeout(() => {
    if (kept === feed) kept = null;
  }, KEEP_MS);
};
