// What people were told of, as far as this tab has it, and what of that has been read in this browser. The server says
// the number of the newest notification; what is new is fetched over HTTP.
import { useSyncExternalStore } from "react";
import { getJson } from "./fetch_json.js";
import { keyInProject } from "./project.js";
import { isRead, kept, NOTHING_READ, parsed, toggledRead, unseenSince } from "./told_read.js";

const KEY = keyInProject("kanban.told.read");
const MOST = 200;
const BEFORE = { items: [], newest: 0, whole: false, state: "loading", read: NOTHING_READ };

const listeners = new Set();
let held = null;
let asked = null;
let wanted = null;

const stored = () => {
  try {
    return parsed(localStorage.getItem(KEY));
  } catch {
    return null;
  }
};

const now = () => {
  held ??= { ...BEFORE, read: stored() };
  return held;
};

const put = (change) => {
  held = { ...now(), ...change };
  for (const listener of listeners) listener();
};

const remember = (read) => {
  put({ read });
  try {
    localStorage.setItem(KEY, JSON.stringify(read));
  } catch {
    // Then it holds for this tab.
  }
};

const onStorage = (event) => {
  if (event.key === KEY) put({ read: parsed(event.newValue) ?? NOTHING_READ });
};

const listen = (listener) => {
  if (listeners.size === 0) window.addEventListener("storage", onStorage);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.removeEventListener("storage", onStorage);
  };
};

export const useTold = () => useSyncExternalStore(listen, now, () => BEFORE);

/** The newest notification has this number. `onNews` gets what came while this tab was there. */
export const follow = (newest, onNews) => {
  if (wanted === newest) return;
  const isFirst = wanted === null;
  wanted = newest;
  if (now().read === null || newest < now().read.upto) {
    // A browser that looks for the first time, or another database: what was before is not news.
    remember({ upto: newest, flipped: [] });
  }
  const since = isFirst ? unseenSince(now().read) : Math.min(now().newest, newest);
  load(since, isFirst ? undefined : onNews);
};

/** Fetch all that there is to see, once. */
export const fetchAll = () => {
  if (!now().whole || now().state === "failed") load(0);
};

const load = async (since, onNews) => {
  const before = asked;
  const mine = (asked = (async () => {
    // One after the other, so that nothing is missing between two answers.
    await before;
    if (since === 0) put({ state: now().items.length > 0 ? now().state : "loading" });
    try {
      const query = new URLSearchParams({ since, limit: MOST });
      const { notifications, newest } = await getJson(`/api/v1/notifications?${query}`);
      const known = newest < now().newest ? [] : now().items;
      put({ items: kept(known, notifications, MOST), newest, whole: now().whole || since === 0, state: "there" });
      onNews?.(notifications);
    } catch {
      put({ state: "failed" });
    }
  })());
  await mine;
};

export const markAll = () => remember({ upto: now().newest, flipped: [] });

export const markRead = (seq) => {
  if (!isRead(now().read, seq)) remember(toggledRead(now().read, seq));
};

export const toggle = (seq) => remember(toggledRead(now().read, seq));
