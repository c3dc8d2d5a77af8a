// The log of a run: tools above, the lines below. It follows the end while the reader is there.
import { memo, useCallback, useDeferredValue, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { LogWindow } from "./log_window.jsx";
import { feedOf, leave } from "./log_feed.js";
import { heldCount, joinTools, lineAt, toolsKey } from "./log_lines.js";
import { EVERYTHING, GROUPS, asText, hides, hitsOf, isFiltering, nextHit, withGroup } from "./log_search.js";

const SAID_MS = 2000;
const QUERY_LIMIT = 200;

const number = new Intl.NumberFormat();
const counted = (count, word) => `${number.format(count)} ${word}${count === 1 ? "" : "s"}`;

export function LogView({ run }) {
  if (run) return <RunLog key={run} run={run} />;
  return (
    <p className="log-empty" data-testid="log-view">
      This card has not run yet.
    </p>
  );
}

const useFeed = (run) => {
  const feed = useRef(null);
  feed.current ??= feedOf(run);
  useEffect(() => {
    const mine = feed.current;
    mine.start();
    return () => leave(mine);
  }, []);
  return feed.current;
};

/** The joins of calls and results; the same object as long as no tool line has come or gone. */
const useJoins = (blocks) => {
  const last = useRef({ key: null, joins: null });
  const key = toolsKey(blocks);
  const known = last.current.key;
  if (!known || known.length !== key.length || known.some((tools, place) => tools !== key[place])) {
    last.current = { key, joins: joinTools(blocks) };
  }
  return last.current.joins;
};

function RunLog({ run }) {
  const feed = useFeed(run);
  const { log, link, failed, scan, search } = useSyncExternalStore(feed.subscribe, feed.get, feed.get);
  const joins = useJoins(log.blocks);
  const [filter, setFilter] = useState(EVERYTHING);
  const [typed, setTyped] = useState("");
  const query = useDeferredValue(typed.trim());
  const hits = useMemo(() => hitsOf(log, query, filter), [log, query, filter]);
  const [hit, setHit] = useState(0);
  const [following, setFollowing] = useState(feed.place?.following ?? true);
  const [pausedAt, setPausedAt] = useState(0);
  const [opened, setOpened] = useState(() => feed.opened);
  const lines = useRef(null);

  const follow = useCallback(
    (on) => {
      setFollowing(on);
      if (!on) setPausedAt(feed.log.last);
    },
    [feed],
  );
  const open = useCallback((change) => setOpened((now) => (feed.opened = change(now))), [feed]);
  const view = useMemo(
    () => ({
      query,
      isOpen: (name) => opened.has(name),
      toggle: (name) => open((now) => new Set(now.has(name) ? [...now].filter((other) => other !== name) : [...now, name])),
    }),
    [query, opened, open],
  );

  const goToHit = (step) => {
    // The first look is for the newest: that is where the reader is as a rule.
    const seq = hit ? nextHit(hits, hit, step) : (hits.at(-1) ?? 0);
    if (!seq) return;
    const row = joins.callOf.get(seq) ?? seq;
    setHit(seq);
    if (row !== seq || lineAt(log, seq)?.kind === "thinking") open((now) => new Set([...now, String(row)]));
    lines.current.goTo(row);
  };

  return (
    <>
      <Tools
        log={log}
        link={link}
        filter={filter}
        onFilter={setFilter}
        typed={typed}
        onType={(text) => {
          setTyped(text);
          setHit(0);
        }}
        hits={query ? hits : null}
        hit={hit}
        onHit={goToHit}
        onLeave={() => lines.current.focus()}
      />
      <div className="log-frame">
        {log.last === 0 && <p className="log-empty">{log.known ? "No lines yet." : link === "refused" ? "" : "Opening the log…"}</p>}
        <LogWindow
          log={log}
          joins={joins}
          filter={filter}
          view={view}
          current={joins.callOf.get(hit) ?? hit}
          failed={failed}
          scan={scan}
          search={search}
          following={following}
          onFollow={follow}
          feed={feed}
          handle={lines}
        />
        {!following && <Newest behind={log.last - pausedAt} onClick={() => follow(true)} />}
      </div>
    </>
  );
}

function Newest({ behind, onClick }) {
  return (
    <button type="button" className="button log-newest" data-testid="log-newest" onClick={onClick}>
      Jump to newest
      {behind > 0 && <span className="num">, {number.format(behind)} new</span>}
    </button>
  );
}

/** What the state of the connection has to say; nothing while all is well. */
const LINKS = {
  reconnecting: "Reconnecting…",
  refused: "Access was refused.",
};

const Tools = memo(function Tools({ log, link, filter, onFilter, typed, onType, hits, hit, onHit, onLeave }) {
  const onKeyDown = (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      onHit(event.shiftKey ? -1 : 1);
    } else if (event.key === "Escape" && typed) {
      event.preventDefault();
      onType("");
      onLeave();
    }
  };
  const held = heldCount(log);
  return (
    <div className="log-tools">
      <div className="log-search" role="search">
        <input
          type="search"
          value={typed}
          maxLength={QUERY_LIMIT}
          placeholder="Search"
          aria-label="Search in the loaded lines"
          data-testid="log-search"
          onChange={(event) => onType(event.target.value)}
          onKeyDown={onKeyDown}
        />
        {hits && (
          <>
            <span className="log-hits num" role="status" data-testid="log-hits">
              {foundText(hits, hit)}
            </span>
            <button type="button" className="icon-button" aria-label="Previous hit" disabled={hits.length === 0} onClick={() => onHit(-1)}>
              <Arrow up />
            </button>
            <button type="button" className="icon-button" aria-label="Next hit" disabled={hits.length === 0} onClick={() => onHit(1)}>
              <Arrow />
            </button>
          </>
        )}
      </div>
      <Filter filter={filter} onFilter={onFilter} />
      <CopyButton log={log} filter={filter} />
      <p className="log-count">
        {LINKS[link] ? (
          <span className="log-link" role="status" data-state={link} data-testid="log-link">
            {LINKS[link]} {link === "refused" && <SignIn />}
          </span>
        ) : null}
        <span className="num">{log.known ? counted(log.last, "line") : ""}</span>
        {(hits || isFiltering(filter)) && held < log.last && <span className="num">, {number.format(held)} of them loaded</span>}
      </p>
    </div>
  );
});

/** To the form and from there back to this very log. */
function SignIn() {
  const { pathname, search } = window.location;
  return <a href={`/login?next=${encodeURIComponent(pathname + search)}`}>Sign in</a>;
}

const foundText = (hits, hit) => {
  if (hits.length === 0) return "None";
  const place = hits.indexOf(hit);
  return place < 0 ? `${number.format(hits.length)} found` : `${number.format(place + 1)} of ${number.format(hits.length)}`;
};

function Arrow({ up = false }) {
  return (
    <svg viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" strokeWidth="1.6" aria-hidden="true">
      <path d={up ? "M3.5 10L8 5.5l4.5 4.5" : "M3.5 6L8 10.5L12.5 6"} strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}

function Filter({ filter, onFilter }) {
  const menu = useRef(null);
  useEffect(() => {
    const close = (event) => {
      if (menu.current?.open && !menu.current.contains(event.target)) menu.current.open = false;
    };
    document.addEventListener("pointerdown", close);
    return () => document.removeEventListener("pointerdown", close);
  }, []);
  const onKeyDown = (event) => {
    if (event.key !== "Escape" || !menu.current.open) return;
    event.preventDefault();
    menu.current.open = false;
    menu.current.querySelector("summary").focus();
  };
  const onBlur = (event) => {
    if (event.relatedTarget && !menu.current.contains(event.relatedTarget)) menu.current.open = false;
  };
  return (
    <>
      <select
        className="log-level"
        aria-label="Levels"
        data-testid="log-level"
        value={filter.level}
        onChange={(event) => onFilter({ ...filter, level: event.target.value })}
      >
        <option value="all">All levels</option>
        <option value="warning">Warnings and errors</option>
        <option value="error">Errors</option>
      </select>
      <details ref={menu} className="log-kinds" onKeyDown={onKeyDown} onBlur={onBlur}>
        <summary className="button small" data-testid="log-kinds" data-active={filter.hidden !== "" || undefined}>
          Kinds
        </summary>
        <fieldset>
          <legend className="hidden">Kinds of lines</legend>
          {GROUPS.map(({ id, label }) => (
            <label key={id}>
              <input type="checkbox" checked={!hides(filter, id)} onChange={(event) => onFilter(withGroup(filter, id, event.target.checked))} />
              {label}
            </label>
          ))}
        </fieldset>
      </details>
    </>
  );
}

function CopyButton({ log, filter }) {
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (!said) return undefined;
    const timer = setTimeout(() => setSaid(""), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const onClick = async () => {
    const texts = asText(log, filter);
    setSaid((await copy(texts.join("\n"))) ? `Copied ${counted(texts.length, "line")}` : "Copying is not allowed here");
  };
  return (
    <button type="button" className="button small" data-testid="log-copy" title="Copy the loaded lines that are shown" onClick={onClick}>
      <span role="status">{said || "Copy"}</span>
    </button>
  );
}

/** Put a text into the clipboard; browsers have no clipboard API on plain http, where boards of a LAN are. */
const copy = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
};

const copyBySelection = (text) => {
  const before = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "hidden";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  before?.focus({ preventScroll: true });
  return done;
};
