// The log of one run for the screen: what the live lane brings, older pages over HTTP, and who wants to know of it.
// Messages are taken in at once, also in a tab that nobody sees; the screen hears of them once a frame.
import { getJson } from "./fetch_json.js";
import { liveSocket } from "./live_socket.js";
import { PAGE, blockCount, bounded, emptyLog, extended, heldUpTo, lineAt, missingPages, narrowed, takeFrom, takeLines, takePage, takeSnapshot, widened } from "./log_lines.js";
import { EVERYTHING, hidesAll, keyOf, wantedOf } from "./log_search.js";
import { inProject } from "./project.js";

const REST_MS = 60;
const RETRY_MS = 2000;
const LOADS = 2;
/** How many lines one press of "Load more" brings of those looked for. */
const FINDS = 1000;
const KEEP_MS = 60_000;
const TYPING_MS = 150;
/** After so many more lines a text is looked for anew: not all of them may be held here. */
const STALE = 400;
const AGAIN_MS = 2000;

export class LogFeed {
  log = emptyLog;
  shown = { log: emptyLog, link: "connecting", failed: false, scan: null, search: "", found: null };
  link = "connecting";
  failed = false;
  /** What was loaded for a filter, see `widened`; how the last such search stands: "", "busy" or "failed". */
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
  /** Where a text stands: {query, filter, state, seqs, older, upTo}, or null; `older` hits come before those of `seqs`. */
  found = null;
  finding = null;
  findTimer = null;
  /** Where the reader was, for when this log is looked at again. */
  place = null;
  /** At which time of the run the reader was made to begin. */
  begunAt = null;
  /** Names of what the reader has opened; with `allOpen`, of what they have closed. */
  opened = new Set();
  allOpen = false;

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
    this.find("", null);
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

  /** Load the last lines before number `before` that pass a filter. */
  searchBefore(before, filter) {
    return this.searchOn({ before }, filter, (lines) => {
      this.scan = widened(this.scan, keyOf(filter), lines.length < FINDS ? 1 : lines[0].seq, before - 1);
    });
  }

  /** Load the first lines from number `from` on that pass a filter. */
  searchAfter(from, filter) {
    const { last } = this.log;
    return this.searchOn({ since: from - 1 }, filter, (lines) => {
      this.scan = extended(this.scan, keyOf(filter), from, lines.length < FINDS ? last : lines.at(-1).seq, last);
    });
  }

  async searchOn(range, filter, remember) {
    if (this.search === "busy") return;
    const request = new AbortController();
    this.searching = request;
    this.search = "busy";
    this.change();
    try {
      const lines = hidesAll(filter) ? [] : await fetchLines(this.run, { ...range, limit: FINDS }, filter, request.signal);
      this.log = takePage(this.log, lines);
      remember(lines);
      this.search = "";
    } catch {
      if (request.signal.aborted) return;
      this.search = "failed";
    }
    this.settle();
  }

  /** Look for a text in all lines that pass a filter; for none where it is empty. */
  find(query, filter) {
    this.finding?.abort();
    this.finding = null;
    clearTimeout(this.findTimer);
    this.findTimer = null;
    this.found = query ? { query, filter, state: "busy", seqs: [], older: 0, upTo: 0 } : null;
    if (query) this.findTimer = setTimeout(() => this.askWhere(), TYPING_MS);
    this.change();
  }

  /** Look for the hits before the first one that is known; the last of them, or 0. */
  async findOlder() {
    const [first] = this.found?.seqs ?? [];
    if (!first || this.found.older === 0) return 0;
    const older = await this.askWhere(first);
    return older?.at(-1) ?? 0;
  }

  async askWhere(before = null) {
    this.findTimer = null;
    this.finding?.abort();
    const request = new AbortController();
    this.finding = request;
    const { query, filter } = this.found;
    try {
      const { seqs, count, last } = hidesAll(filter) ? NOWHERE : await fetchMatches(this.run, query, before, filter, request.signal);
      if (this.finding !== request) return null;
      const { seqs: known, upTo } = this.found;
      this.found = before
        ? { ...this.found, seqs: [...seqs, ...known], older: count - seqs.length, upTo }
        : { ...this.found, seqs, older: count - seqs.length, upTo: last, state: "done" };
      this.change();
      return seqs;
    } catch {
      if (this.finding !== request) return null;
      // The hits that are known stay good.
      if (this.found.state === "busy") this.found = { ...this.found, state: "failed" };
      this.change();
      return null;
    }
  }

  /** Load the page of a line that is to be shown, where looking at its place would not. */
  bring(seq) {
    if (!lineAt(this.log, seq)) this.load(Math.floor((seq - 1) / PAGE));
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
      this.log = takeFrom(before, page * PAGE, lines);
      this.failed = this.log.blocks === before.blocks && missingPages(this.log, 0, Infinity).includes(page);
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
    if (this.found?.state === "done" && this.log.last - this.found.upTo > STALE) this.findTimer ??= setTimeout(() => this.askWhere(), AGAIN_MS);
    if (this.scan && this.log.blocks !== blocks) this.scan = narrowed(this.scan, blocks, this.log.blocks, near);
    this.change();
  }

  change() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      const { log, link, failed, scan, search, found } = this;
      this.shown = { log, link, failed, scan, search, found };
      for (const listener of this.listeners) listener();
    });
  }
}

const NOWHERE = { seqs: [], count: 0, last: 0 };

const fetchPage = (run, page, signal) => fetchLines(run, { since: page * PAGE, limit: PAGE }, EVERYTHING, signal);

const fetchLines = async (run, range, filter, signal) => {
  const { entries } = await getJson(`${pathOf(run)}/log?${queryOf(range, filter)}`, signal);
  return entries.map((line) => ({ ...line, at: Date.parse(line.at) }));
};

const fetchMatches = (run, q, before, filter, signal) =>
  getJson(`${pathOf(run)}/log/matches?${queryOf({ q, ...(before && { before }) }, filter)}`, signal);

/** The number of the first line that was written at a time (ms) or later; 0 where there is none. */
export const firstSince = async (run, at, signal) => {
  const range = { written_from: new Date(at).toISOString(), limit: 1 };
  return (await fetchLines(run, range, EVERYTHING, signal))[0]?.seq ?? 0;
};

/** Where a run's log is downloaded, as "txt" or "jsonl". */
export const downloadOf = (run, ending) => inProject(`${pathOf(run)}/log.${ending}`);

const pathOf = (run) => `/api/v1/runs/${encodeURIComponent(run)}`;

const queryOf = (range, filter) => {
  const { kinds, levels } = wantedOf(filter);
  const query = new URLSearchParams(range);
  for (const kind of kinds) query.append("kind", kind);
  for (const level of levels) query.append("level", level);
  return query;
};

const kept = new Map();

/** The feed of a run for a view of it. The last one that a view has left is taken up again where it was, for a while. */
export const feedOf = (run, view = "log") => {
  const feed = kept.get(view)?.run === run ? kept.get(view) : new LogFeed(run);
  kept.delete(view);
  return feed;
};

/** Stop a feed, and keep it in case that it is looked at again. */
export const leave = (feed, view = "log") => {
  feed.stop();
  kept.set(view, feed);
  setTimeout(() => {
    if (kept.get(view) === feed) kept.delete(view);
  }, KEEP_MS);
};
