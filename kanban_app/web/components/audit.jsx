// Who did what, the newest first: read from the API page by page, narrowed by what the page's address says.
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { filtersOf, GROUPS, KINDS, NOTHING, OUTCOMES, partsOf, questionOf, searchOf, SPANS } from "./audit_filters.js";
import { answered, asked, EMPTY, failed } from "./audit_past.js";
import { Moment } from "./clock.jsx";
import { fetchJson } from "./fetch_json.js";
import { Failed, Loading, Nothing } from "./fetched.jsx";
import { HelpLink } from "./help_link.jsx";
import { inProject } from "./project.js";

const PAGE = 50;
const TYPING_MS = 300;

const ask = (filters, before, signal) =>
  fetchJson(`/api/v1/audit?${questionOf(filters, Date.now(), { before, limit: PAGE })}`, signal);

/** The entries that are wanted, and how to have more of them. */
const useEntries = (filters, edition) => {
  const [past, setPast] = useState(EMPTY);
  const request = useRef(null);

  const read = useCallback(async (before) => {
    request.current?.abort();
    const own = (request.current = new AbortController());
    setPast((past) => asked(past, Boolean(before)));
    try {
      const { data, error } = await ask(filters, before, own.signal);
      setPast((past) => (error ? failed(past, filters, error) : answered(past, filters, data)));
    } catch {
      // Asked for something else meanwhile.
    }
  }, [filters]);

  useEffect(() => {
    if (filters) read("");
  }, [read, filters, edition]);
  useEffect(() => () => request.current?.abort(), []);
  return { ...past, more: () => read(past.next), again: () => read(past.older ? past.next : "") };
};

/** The focus goes on to the first of the entries that "Load more" brings, unless it has gone elsewhere meanwhile. */
const useFocusOnNew = (count) => {
  const list = useRef(null);
  const button = useRef(null);
  const before = useRef(null);
  useLayoutEffect(() => {
    const first = before.current;
    before.current = null;
    // The button is gone with the last page.
    if (first !== null && [button.current, document.body].includes(document.activeElement)) list.current.children[first]?.focus();
  }, [count]);
  return { list, button, expect: () => (before.current = count) };
};

export function AuditLog() {
  // What is rendered when the page is built knows no address.
  const [filters, setFilters] = useState(null);
  const [typed, setTyped] = useState("");
  const [edition, setEdition] = useState(0);
  const typing = useRef(null);
  // A pause in the typing narrows what holds then, not what held at the key.
  const newest = useRef(NOTHING);

  useEffect(() => {
    const found = (newest.current = filtersOf(location.search));
    setFilters(found);
    setTyped(found.q);
    return () => clearTimeout(typing.current);
  }, []);

  const narrow = (change) => {
    const found = (newest.current = { ...newest.current, ...change });
    setFilters(found);
    // The router is not told: a change of route would load the page anew.
    history.replaceState(history.state, "", location.pathname + searchOf(found));
  };
  const type = (text) => {
    setTyped(text);
    clearTimeout(typing.current);
    typing.current = setTimeout(() => narrow({ q: text.trim() }), TYPING_MS);
  };
  const clear = () => {
    clearTimeout(typing.current);
    setTyped("");
    narrow(NOTHING);
  };

  const { entries, next, error, state, more, again } = useEntries(filters, edition);
  const { list, button, expect } = useFocusOnNew(entries.length);
  const onMore = () => {
    if (state !== "done") return;
    expect();
    more();
  };
  const chosen = filters ?? NOTHING;
  const isNarrowed = Object.values(chosen).some(Boolean);
  return (
    <section className="audit" aria-label="Audit log" aria-busy={state === "loading"} data-testid="audit">
      <form className="audit-filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <div className="field audit-words">
          <label htmlFor="audit-q">Search</label>
          <input
            id="audit-q"
            type="search"
            maxLength={200}
            placeholder="A title, an address, a run"
            value={typed}
            data-testid="audit-q"
            onChange={(event) => type(event.target.value)}
          />
        </div>
        <Choice name="kind" label="Who" choices={KINDS} chosen={chosen} onChoose={narrow} />
        <Choice name="group" label="What" choices={GROUPS} chosen={chosen} onChoose={narrow} />
        <Choice name="outcome" label="Outcome" choices={OUTCOMES} chosen={chosen} onChoose={narrow} />
        <Choice name="span" label="When" choices={SPANS} chosen={chosen} onChoose={narrow} />
      </form>
      {chosen.target && <p className="about">Only what was done to one card.</p>}
      <div className="subpage-actions audit-actions">
        <button type="button" className="button" data-testid="audit-refresh" onClick={() => setEdition((n) => n + 1)}>
          Refresh
        </button>
        {isNarrowed && (
          <button type="button" className="button" data-testid="audit-clear" onClick={clear}>
            Clear filters
          </button>
        )}
        <span className="grow" />
        <Export format="csv" label="Export as CSV" filters={chosen} />
        <Export format="jsonl" label="Export as JSON" filters={chosen} />
      </div>
      {state === "loading" && entries.length === 0 && <Loading label="Reading the audit log…" />}
      {error && <Failed error={error} onAgain={again} hook="audit" />}
      {state === "done" && entries.length === 0 && (
        <Nothing
          title={isNarrowed ? "Nothing fits these filters" : "Nothing has been done yet"}
          text={isNarrowed ? "Widen or clear them." : "What people, programs and the board do will stand here."}
        />
      )}
      <ol ref={list} className="entries audit-entries" aria-label="Newest first">
        {entries.map((entry) => (
          <Entry key={`${entry.log} ${entry.number}`} entry={entry} />
        ))}
      </ol>
      {next && entries.length > 0 && state !== "failed" && (
        <button
          ref={button}
          type="button"
          className="button audit-more"
          data-testid="audit-more"
          aria-disabled={state !== "done"}
          onClick={onMore}
        >
          {state === "more" ? "Loading…" : "Load more"}
        </button>
      )}
      <p className="hidden" role="status">
        {state === "done" && entries.length > 0 && `${entries.length} entries shown${next ? ", there are more" : ""}.`}
      </p>
    </section>
  );
}

function Choice({ name, label, choices, chosen, onChoose }) {
  return (
    <div className="field">
      <label htmlFor={`audit-${name}`}>{label}</label>
      <select
        id={`audit-${name}`}
        value={chosen[name]}
        data-testid={`audit-${name}`}
        onChange={(event) => onChoose({ [name]: event.target.value })}
      >
        {choices.map(({ id, label: words }) => (
          <option key={id} value={id}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}

function Export({ format, label, filters }) {
  // The address is made at the press: a span of time ends then, and what is rendered at build time knows no project.
  const fill = (event) => {
    event.currentTarget.href = inProject(`/api/v1/audit/export?${questionOf(filters, Date.now(), { format })}`);
  };
  return (
    <a className="button" href={`../api/v1/audit/export?format=${format}`} download data-testid={`audit-${format}`} onClick={fill}>
      {label}
    </a>
  );
}

function Entry({ entry }) {
  const [before, title, after] = partsOf(entry);
  const refused = entry.outcome === "refused";
  return (
    <li tabIndex={-1} data-testid="audit-entry" data-outcome={entry.outcome} data-action={entry.action}>
      <div>
        <p className="audit-said">
          <strong>{entry.who}</strong> {before}
          {title && (entry.card ? <a href={inProject(`/?card=${encodeURIComponent(entry.card)}`)}>{title}</a> : title)}
          {after}
        </p>
        <p className="audit-how">
          <Moment at={Date.parse(entry.at)} />
          {entry.address && <span>from {entry.address}</span>}
          <span>{entry.how}</span>
          {refused && (
            <span className="audit-refused">
              Refused <code>{entry.code}</code>
            </span>
          )}
          {refused && entry.code.startsWith("E-") && <HelpLink code={entry.code} title={entry.code} />}
        </p>
      </div>
    </li>
  );
}
