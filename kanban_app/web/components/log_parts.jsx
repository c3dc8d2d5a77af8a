// What every view of a run's log has: its feed, the joins of calls and results, what is opened, and the way to the end.
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { feedOf, leave } from "./log_feed.js";
import { joinTools, toolsKey } from "./log_lines.js";

const number = new Intl.NumberFormat();

/** The feed of a run, followed while the view is there, and what it has to show. */
export const useFeed = (run, name) => {
  const held = useRef(null);
  held.current ??= feedOf(run, name);
  const feed = held.current;
  useEffect(() => {
    feed.start();
    return () => leave(feed, name);
  }, [feed, name]);
  return [feed, useSyncExternalStore(feed.subscribe, feed.get, feed.get)];
};

/** The joins of calls and results; the same object as long as no tool line has come or gone. */
export const useJoins = (blocks) => {
  const last = useRef({ key: null, joins: null });
  const key = toolsKey(blocks);
  const known = last.current.key;
  if (!known || known.length !== key.length || known.some((tools, place) => tools !== key[place])) {
    last.current = { key, joins: joinTools(blocks) };
  }
  return last.current.joins;
};

/** Whether the end stays in view, how to change that, and the number of the newest line when it was left. */
export const useFollowing = (feed) => {
  const [following, setFollowing] = useState(feed.place?.following ?? true);
  const [pausedAt, setPausedAt] = useState(0);
  const follow = useCallback(
    (on) => {
      setFollowing(on);
      if (!on) setPausedAt(feed.log.last);
    },
    [feed],
  );
  return { following, pausedAt, follow };
};

/** What of the rows is open, kept with the feed: `opened` has the names of those that are not as `allOpen` says. */
export const useOpened = (feed, query) => {
  const [opened, setOpened] = useState(() => feed.opened);
  const [allOpen, setAllOpen] = useState(() => feed.allOpen);
  const change = useCallback((next) => setOpened((now) => (feed.opened = next(now))), [feed]);
  const openAll = useCallback(
    (on) => {
      change(() => new Set());
      setAllOpen((feed.allOpen = on));
    },
    [feed, change],
  );
  const view = useMemo(
    () => ({
      query,
      isOpen: (name) => opened.has(name) !== allOpen,
      toggle: (name) => change((now) => new Set(now.has(name) ? [...now].filter((other) => other !== name) : [...now, name])),
    }),
    [query, opened, allOpen, change],
  );
  const open = useCallback((name) => change((now) => new Set([...now, name])), [change]);
  return { view, open, allOpen, openAll };
};

/** What there is to say instead of lines; nothing where there are some. */
export function Nothing({ log, link, empty }) {
  if (log.last > 0) return null;
  if (log.known) return <p className="log-empty">{empty}</p>;
  if (link === "refused") return null;
  return <p className="log-empty">Opening the log…</p>;
}

export function Newest({ behind, onClick }) {
  return (
    <button type="button" className="button log-newest" data-testid="log-newest" onClick={onClick}>
      Jump to newest
      {behind > 0 && <span className="num">, {number.format(behind)} new</span>}
    </button>
  );
}
