// One listener for all keys of the board. Whoever can do what a key does says so with `useShortcuts`.
import { useEffect, useRef, useSyncExternalStore } from "react";
import { rowOf, shortcutOf } from "./shortcuts.js";

const KEY = "kanban.single-keys";
const OFF = "off";
// What takes keys for itself: where somebody types, and what lies above the board.
const TAKES_KEYS =
  "input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable], dialog, [popover], [role=menu]";
const ABOVE = "dialog[open], .board[data-dragging=true]";

const handlers = new Map();
const listeners = new Set();
// For browsers that keep nothing.
let kept = null;

const isOn = () => {
  try {
    return (localStorage.getItem(KEY) ?? kept) !== OFF;
  } catch {
    return kept !== OFF;
  }
};

/** Whether single signs are shortcuts; kept in this browser, for all its tabs. */
export const useSingleKeys = () => useSyncExternalStore(listen, isOn, () => true);

export const setSingleKeys = (on) => {
  kept = on ? "on" : OFF;
  try {
    localStorage.setItem(KEY, kept);
  } catch {
    // It holds until the page is left.
  }
  for (const listener of listeners) listener();
};

const listen = (listener) => {
  listeners.add(listener);
  window.addEventListener("storage", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", listener);
  };
};

export const onMac = () => /Mac|iPhone|iPad/.test(navigator.platform);

const onKeyDown = (event) => {
  // 229 is what browsers without `isComposing` say while a word is put together.
  if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
  const id = shortcutOf(event, isOn());
  if (!id || !handlers.has(id) || (event.repeat && !rowOf(id).repeats)) return;
  if (event.target.closest?.(TAKES_KEYS) || document.querySelector(ABOVE)) return;
  if (handlers.get(id)(event) !== false) event.preventDefault();
};

/** `does` has a function for each id of the table; one that gives back false leaves its key to the browser. */
export const useShortcuts = (does) => {
  const newest = useRef(does);
  newest.current = does;
  useEffect(() => {
    const ids = Object.keys(newest.current);
    if (handlers.size === 0) document.addEventListener("keydown", onKeyDown);
    for (const id of ids) handlers.set(id, (event) => newest.current[id](event));
    return () => {
      for (const id of ids) handlers.delete(id);
      if (handlers.size === 0) document.removeEventListener("keydown", onKeyDown);
    };
  }, []);
};

/** Do what a key does, without its key; false where nothing came of it. */
export const doShortcut = (id) => handlers.get(id)?.() ?? true;
