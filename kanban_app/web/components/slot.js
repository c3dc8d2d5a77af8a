// A place for one thing, for whoever is rendered with it or asks.
import { useSyncExternalStore } from "react";

/** Its newest value counts. A page has nothing in it when it is built. */
export const slot = () => {
  const listeners = new Set();
  let held = null;
  const now = () => held;
  const listen = (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const put = (value) => {
    held = value;
    for (const listener of listeners) listener();
  };
  return { now, put, use: () => useSyncExternalStore(listen, now, () => null) };
};
