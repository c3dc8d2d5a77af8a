// The day on which a card is due, as seen from today in the browser's time zone.
import { useSyncExternalStore } from "react";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const listeners = new Set();
let timer = null;

const today = () => new Date().toDateString();

/** One clock for all cards; they are drawn anew when the day is another one. */
const subscribe = (listener) => {
  listeners.add(listener);
  timer ??= setInterval(() => listeners.forEach((each) => each()), MINUTE_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = null;
  };
};

const sameYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const otherYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

const inWords = (days, date, now) => {
  if (days < 0) return days === -1 ? "Overdue since yesterday" : `Overdue by ${-days} days`;
  if (days <= 1) return days === 0 ? "Due today" : "Due tomorrow";
  if (days <= 7) return `Due in ${days} days`;
  return `Due ${(date.getFullYear() === now.getFullYear() ? sameYear : otherYear).format(date)}`;
};

/** `day` is a text such as 2026-12-31; a card that is `done` is neither late nor urgent. */
export function Due({ day, done }) {
  const now = new Date(useSyncExternalStore(subscribe, today));
  const [year, month, date] = day.split("-").map(Number);
  const due = new Date(year, month - 1, date);
  // Midnights: an hour more or less by daylight saving is rounded away.
  const days = Math.round((due - now) / DAY_MS);
  const state = done ? "done" : days < 0 ? "over" : days <= 1 ? "soon" : "later";
  const words = done ? `Due ${(due.getFullYear() === now.getFullYear() ? sameYear : otherYear).format(due)}` : inWords(days, due, now);
  return (
    <time className="due" dateTime={day} title={day} data-due={state}>
      <svg viewBox="0 0 16 16" width="12" height="12" aria-hidden="true">
        {state === "over" ? <path d="M8 2l6.5 11.5h-13zM8 6.5v3.2M8 11.7v.01" /> : <path d="M2.5 3.5h11v10h-11zM2.5 6.5h11M5.5 2v3M10.5 2v3" />}
      </svg>
      {words}
    </time>
  );
}
