// What has happened to a card, the newest first. The server has it; it is read page by page.
import { useCallback, useEffect, useRef, useState } from "react";
import { Moment } from "./clock.jsx";
import { getJson } from "./fetch_json.js";

const PAGE = 50;
const PAUSE_MS = 200;

const NOTHING = { entries: [], next: null, removed: "", state: "loading" };

const fetchPage = (card, query, signal) =>
  getJson(`/api/v1/tasks/${encodeURIComponent(card)}/history?${new URLSearchParams({ limit: PAGE, ...query })}`, signal);

/** The page in front of those that are known; what lies between them is let go of, and read again by "Show older". */
const withNewest = (known, page) => {
  const meets = known.entries.findIndex(({ seq }) => seq === page.entries.at(-1)?.seq);
  if (meets < 0) return { ...page, state: "done" };
  return { entries: [...page.entries, ...known.entries.slice(meets + 1)], next: known.next, removed: known.removed, state: "done" };
};

/** `news` changes whenever something has happened. */
export function CardHistory({ card, news }) {
  return <Entries key={card} card={card} news={news} />;
}

function Entries({ card, news }) {
  const [past, setPast] = useState(NOTHING);
  const [older, setOlder] = useState("");
  const asking = useRef(null);

  const read = useCallback(async () => {
    asking.current?.abort();
    const request = (asking.current = new AbortController());
    try {
      const page = await fetchPage(card, {}, request.signal);
      setPast((known) => withNewest(known, page));
    } catch {
      if (!request.signal.aborted) setPast((known) => ({ ...known, state: "failed" }));
    }
  }, [card]);

  const first = useRef(true);
  useEffect(() => {
    // A run that goes through its stages tells of many things at once.
    const timer = setTimeout(read, first.current ? 0 : PAUSE_MS);
    first.current = false;
    return () => clearTimeout(timer);
  }, [read, news]);
  useEffect(() => () => asking.current?.abort(), []);

  const readOlder = async () => {
    setOlder("busy");
    try {
      const page = await fetchPage(card, { before: past.next });
      setPast((known) => (known.next === past.next ? { ...known, entries: [...known.entries, ...page.entries], next: page.next, removed: page.removed } : known));
      setOlder("");
    } catch {
      setOlder("failed");
    }
  };

  const again = () => {
    setPast((known) => ({ ...known, state: "loading" }));
    read();
  };

  const { entries, next, removed, state } = past;
  return (
    <div data-testid="history" aria-busy={state === "loading"}>
      {state === "failed" && (
        <div className="form-error inside-error" role="alert">
          <strong>The history could not be read</strong>
          <p>{entries.length > 0 ? "What is shown may be out of date." : "Nothing of it is lost."}</p>
          <button type="button" className="button small" onClick={again}>
            Try again
          </button>
        </div>
      )}
      {state === "loading" && entries.length === 0 && <Loading />}
      {state === "done" && entries.length === 0 && <p className="muted">Nothing has happened to this card yet.</p>}
      <ol className="past">
        {entries.map((entry) => (
          <Entry key={entry.seq} entry={entry} />
        ))}
      </ol>
      {next === null && removed && <p className="muted">{removed}</p>}
      {next !== null && (
        <button type="button" className="button small past-older" data-testid="history-older" disabled={older === "busy"} onClick={readOlder}>
          {{ busy: "Loading…", failed: "Could not be read. Try again" }[older] ?? "Show older"}
        </button>
      )}
    </div>
  );
}

function Entry({ entry }) {
  return (
    <li data-tone={entry.tone || undefined}>
      <span className="past-what">{entry.what}</span>
      <Moment at={entry.at} />
      {entry.more && <span className="past-more">{entry.more}</span>}
      {entry.author && <span className="past-author">{entry.author}</span>}
    </li>
  );
}

function Loading() {
  return (
    <div className="merge-loading" role="status">
      <span className="hidden">Reading the history…</span>
      <i />
      <i />
      <i />
    </div>
  );
}
