// Progress and newest line of the active runs, outside React's tree: an update repaints the cards that it concerns
// and leaves board and columns alone.
import { useCallback, useLayoutEffect, useRef, useSyncExternalStore } from "react";

const createStore = (values) => {
  const listeners = new Map();
  return {
    get: (id) => values[id],
    set: (next) => {
      const before = values;
      values = next;
      for (const [id, heard] of listeners) {
        if (before[id] !== next[id]) heard.forEach((listener) => listener());
      }
    },
    subscribe: (id, listener) => {
      const heard = listeners.get(id) ?? new Set();
      listeners.set(id, heard.add(listener));
      return () => {
        heard.delete(listener);
        if (heard.size === 0) listeners.delete(id);
      };
    },
  };
};

/** A store that always holds the newest `live` object. */
export const useLiveStore = (live) => {
  const store = useRef(null);
  store.current ??= createStore(live);
  useLayoutEffect(() => store.current.set(live), [live]);
  return store.current;
};

/** One card's live fields, or undefined when no run of it is active. */
export const useLive = (store, id) => {
  const subscribe = useCallback((listener) => store.subscribe(id, listener), [store, id]);
  return useSyncExternalStore(subscribe, () => store.get(id));
};
