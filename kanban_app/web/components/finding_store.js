// What this tab is looking for, kept in its URL, and what the server has found for it. The router is not told: a change
// of route would load the whole board anew.
import { useSyncExternalStore } from "react";
import { findingOf, NOTHING, pathWith, searchWith, wordsOf } from "./finding.js";
import { getJson } from "./fetch_json.js";
import { routeOf } from "./project.js";

const PAUSE_MS = 120;
const AGAIN_MS = 5000;
// Browsers refuse the URL of a page that is changed with every key.
const TYPING_MS = 350;
const MOST = 1000;
const NO_HITS = {};
const BEFORE = {
  finding: NOTHING,
  hits: NO_HITS,
  state: "idle",
  more: false,
  complete: true,
  labels: [],
  columns: [],
  shown: 0,
  total: 0,
};

const listeners = new Set();
let held = null;
let timer = null;
let asking = null;
let writing = null;

const now = () => {
  if (!held) {
    const finding = findingOf(location.search);
    const words = wordsOf(finding.q).length > 0;
    held = { ...BEFORE, finding, state: words ? "loading" : "idle" };
    if (words) ask(PAUSE_MS);
  }
  return held;
};

/** What is equal to what was there keeps its identity: nothing is drawn anew for it. */
const put = (change) => {
  const before = now();
  const same = (value, name) => value === before[name] || JSON.stringify(value) === JSON.stringify(before[name]);
  const changed = Object.entries(change).filter(([name, value]) => !same(value, name));
  if (changed.length === 0) return;
  held = { ...before, ...Object.fromEntries(changed) };
  for (const listener of listeners) listener();
};

/** Bring the URL of the board in line; other pages have no finding. */
export const keepInUrl = () => {
  if (routeOf(location.pathname) !== "/") return;
  const search = searchWith(location.search, now().finding);
  if (search !== location.search) history.replaceState(history.state, "", location.pathname + search + location.hash);
};

export const find = (finding) => {
  const { finding: before, hits } = now();
  if (finding.q === before.q) {
    put({ finding });
    keepInUrl();
    return;
  }
  const words = wordsOf(finding.q).length > 0;
  // More letters only leave fewer cards; what was found for other words says nothing.
  const still = words && finding.q.startsWith(before.q) ? hits : NO_HITS;
  put({ finding, hits: still, state: words ? "loading" : "idle" });
  if (words) ask(PAUSE_MS);
  else stop();
  clearTimeout(writing);
  writing = setTimeout(keepInUrl, words ? TYPING_MS : 0);
};

export const clearAll = () => find(NOTHING);

/** What the board has to choose from, and how much of it is shown. */
export const tellFacts = put;

/** A path of the board that keeps what is being looked for. */
export const withFinding = (path) => pathWith(path, now().finding);

export const askAgain = () => {
  put({ state: "loading" });
  ask(0);
};

export const useFinding = () => useSyncExternalStore(listen, now, () => BEFORE);

const listen = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

const stop = () => {
  clearTimeout(timer);
  asking?.abort();
  asking = null;
};

/** Ask the server after a pause, and then from time to time: texts and logs go on. */
const ask = (pause) => {
  stop();
  timer = setTimeout(async () => {
    if (document.hidden || listeners.size === 0) {
      // Nobody sees it.
      ask(AGAIN_MS);
      return;
    }
    const question = new AbortController();
    asking = question;
    try {
      const query = new URLSearchParams({ q: now().finding.q, limit: `${MOST}` });
      const { cards, more, complete } = await getJson(`/api/v1/search?${query}`, question.signal);
      const hits = Object.fromEntries(cards.map((card) => [card.id, card]));
      if (asking === question) put({ hits, more, complete, state: "done" });
    } catch {
      if (asking === question) put({ hits: NO_HITS, state: "failed" });
    }
    if (asking === question) ask(AGAIN_MS);
  }, pause);
};
