// By which ways this browser tells of what kinds: its own notifications and a sound. One tab does it for all of them,
// notifications only while nobody looks at any of them.
import { useSyncExternalStore } from "react";
import { keyInProject } from "./project.js";
import { claimed, NO_WAYS, waysOf } from "./told_choice.js";
import { play } from "./told_sound.js";

const KEY = "kanban.told.ways";
const TOLD_BY = { note: keyInProject("kanban.told.noted"), sound: keyInProject("kanban.told.sounded") };
const LOOKING = keyInProject("kanban.looking");
const MOST = 3;

const listeners = new Set();
let held = null;

const now = () => {
  if (!held) {
    try {
      held = waysOf(localStorage.getItem(KEY));
    } catch {
      held = NO_WAYS;
    }
  }
  return held;
};

const put = (ways) => {
  held = ways;
  for (const listener of listeners) listener();
};

const onStorage = (event) => {
  if (event.key === KEY) put(waysOf(event.newValue));
};

const listen = (listener) => {
  if (listeners.size === 0) window.addEventListener("storage", onStorage);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.removeEventListener("storage", onStorage);
  };
};

export const useWays = () => useSyncExternalStore(listen, now, () => NO_WAYS);

export const choose = (ways) => {
  put(ways);
  try {
    localStorage.setItem(KEY, JSON.stringify(ways));
  } catch {
    // Then it holds for this tab.
  }
};

/** `granted`, `default` (nobody was asked), `denied`, or `none` where the browser has no notifications for this page. */
export const permission = () => (window.isSecureContext && "Notification" in window ? Notification.permission : "none");

/** Ask the person, who must just have pressed something. */
export const askPermission = async () => {
  if (permission() === "default") await Notification.requestPermission();
  return permission();
};

/** As long as a tab is in view, others know it by a lock that it holds; the result ends that. */
export const holdInView = () => {
  let release = null;
  const change = () => {
    release?.();
    release = null;
    if (document.hidden || !navigator.locks) return;
    const held = new Promise((resolve) => {
      release = resolve;
    });
    navigator.locks.request(LOOKING, { mode: "shared" }, () => held);
  };
  change();
  document.addEventListener("visibilitychange", change);
  return () => {
    document.removeEventListener("visibilitychange", change);
    release?.();
  };
};

const isInView = async () => {
  if (!document.hidden) return true;
  const { held: locks } = (await navigator.locks?.query()) ?? { held: [] };
  return locks.some(({ name }) => name === LOOKING);
};

/** Those of the items that no other tab has told of by this way. */
const claim = (way, items) => {
  const work = () => {
    try {
      const { fresh, done } = claimed(localStorage.getItem(TOLD_BY[way]), items);
      localStorage.setItem(TOLD_BY[way], JSON.stringify(done));
      return fresh;
    } catch {
      return items;
    }
  };
  return navigator.locks ? navigator.locks.request(TOLD_BY[way], work) : work();
};

/** Show one of the browser's own notifications; false where it refuses, as on phones without an installed page. */
export const show = ({ title, message, tag }, onPress) => {
  try {
    const shown = new Notification(title, { body: message, tag, icon: "/icon-192.png" });
    shown.onclick = () => {
      window.focus();
      shown.close();
      onPress?.();
    };
    return true;
  } catch {
    return false;
  }
};

/** Tell of what has come, by the ways that were chosen. `onOpen` is for the one that a person presses. */
export const announce = async (items, onOpen) => {
  const { note, sound, volume } = now();
  // A page that nobody has touched yet may make no sound; another tab can.
  const heard = navigator.userActivation?.hasBeenActive === false ? [] : items.filter(({ kind }) => sound.includes(kind));
  if (heard.length > 0) {
    const [newest] = await claim("sound", heard);
    if (newest) play(newest.kind, volume);
  }
  const noted = permission() === "granted" ? items.filter(({ kind }) => note.includes(kind)) : [];
  if (noted.length === 0) return;
  const fresh = await claim("note", noted);
  if (fresh.length === 0 || (await isInView())) return;
  for (const item of fresh.slice(0, MOST)) show({ ...item, tag: `kanban-${item.at}-${item.seq}` }, () => onOpen(item));
  const more = fresh.length - MOST;
  if (more > 0) show({ title: `${more} more on the board`, message: "", tag: "kanban-more" });
};
