// Times that run in the browser, so that the server sends nothing while only the clock moves on.
import { useEffect, useState } from "react";

const useNow = (running, everyMs) => {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!running) return undefined;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [running, everyMs]);
  return now;
};

const two = (n) => String(n).padStart(2, "0");

const format = (ms) => {
  const s = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes] = [Math.floor(s / 3600), Math.floor((s % 3600) / 60)];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
};

/** The time between two moments in ms since the epoch; up to now while there is no second one. */
export function Elapsed({ start, end }) {
  const now = useNow(start != null && end == null, 1000);
  if (start == null) return null;
  return <span className="elapsed">{format((end ?? now) - start)}</span>;
}

const ofDay = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const ofYear = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "short", hourCycle: "h23" });

/** The time of day of a moment in ms since the epoch, with its date unless that is today. */
export function Moment({ at }) {
  if (at == null) return null;
  const today = new Date(at).toDateString() === new Date().toDateString();
  return <time dateTime={new Date(at).toISOString()}>{(today ? ofDay : ofYear).format(at)}</time>;
}

const about = (ms) => {
  if (ms < 60_000) return "less than a minute";
  return ms < 90 * 60_000 ? `about ${Math.round(ms / 60_000)} min` : `about ${Math.round(ms / 3_600_000)} h`;
};

/** A place in line in words: with the seconds until `due` where that is certain, else about how long until `start`. */
export function InLine({ place, start, due }) {
  const at = due ?? start;
  const now = useNow(at != null, due == null ? 10_000 : 500);
  const left = at == null ? 0 : at - now;
  const text = `Waiting, place ${place} in line`;
  if (left <= 0) return text;
  return due == null ? `${text}, ${about(left)}` : `${text}, starts in ${Math.ceil(left / 1000)} s`;
}

/** Whole seconds left until `due`. */
export function Countdown({ due }) {
  const now = useNow(due != null, 250);
  return <span className="num">{due == null ? "" : Math.max(0, Math.ceil((due - now) / 1000))}</span>;
}
