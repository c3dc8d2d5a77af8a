// The tools above a log: search, filters, copy, download, and how many lines there are.
import { memo, useEffect, useRef, useState } from "react";
import { copy } from "./clipboard.js";
import { downloadOf } from "./log_feed.js";
import { heldCount } from "./log_lines.js";
import { GROUPS, asText, hides, isFiltering, withGroup } from "./log_search.js";

const SAID_MS = 2000;
const QUERY_LIMIT = 200;

const number = new Intl.NumberFormat();
export const counted = (count, word, words = `${word}s`) => `${number.format(count)} ${count === 1 ? word : words}`;

/** What the state of the connection has to say; nothing while all is well. */
const LINKS = {
  reconnecting: "Reconnecting…",
  refused: "Access was refused.",
};

export const Tools = memo(function Tools({ run, log, link, filter, onFilter, typed, onType, found, hits, hit, onHit, onLeave }) {
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
          aria-label="Search in all lines"
          data-testid="log-search"
          onChange={(event) => onType(event.target.value)}
          onKeyDown={onKeyDown}
        />
        {hits && (
          <>
            <span className="log-hits num" role="status" data-testid="log-hits">
              {foundText(found, hits, hit)}
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
      <Download run={run} />
      <p className="log-count">
        <LinkState link={link} />
        <span className="num">{log.known ? counted(log.last - log.removed, "line") : ""}</span>
        {log.removed > 0 && (
          <span className="num" data-testid="log-removed">
            , {counted(log.removed, "older line")} removed {log.kept}
          </span>
        )}
        {isFiltering(filter) && held < log.last - log.removed && <span className="num">, {number.format(held)} of them loaded</span>}
      </p>
    </div>
  );
});

/** What is wrong with the connection to the log, if anything is. */
export function LinkState({ link }) {
  if (!LINKS[link]) return null;
  return (
    <span className="log-link" role="status" data-state={link} data-testid="log-link">
      {LINKS[link]} {link === "refused" && <SignIn />}
    </span>
  );
}

/** To the form and from there back to this very log. */
function SignIn() {
  const { pathname, search } = window.location;
  return <a href={`/login?next=${encodeURIComponent(pathname + search)}`}>Sign in</a>;
}

/** The place among all hits. Before the server has answered, and where it cannot, those of the loaded lines are known. */
const foundText = (found, hits, hit) => {
  if (found?.state === "busy" && hits.length === 0) return "Searching…";
  const all = hits.length + (found?.older ?? 0);
  const where = found?.state === "failed" ? " in the loaded lines" : "";
  if (all === 0) return `None${where}`;
  const place = hits.indexOf(hit);
  const count = place < 0 ? `${number.format(all)} found` : `${number.format(all - hits.length + place + 1)} of ${number.format(all)}`;
  return count + where;
};

function Arrow({ up = false }) {
  return (
    <svg viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" strokeWidth="1.6" aria-hidden="true">
      <path d={up ? "M3.5 10L8 5.5l4.5 4.5" : "M3.5 6L8 10.5L12.5 6"} strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}

/** A button that opens a few things below it, until somebody goes elsewhere. */
function Drop({ summary, label, children, ...rest }) {
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
    <details ref={menu} className="log-kinds" onKeyDown={onKeyDown} onBlur={onBlur}>
      <summary className="button small" {...rest}>
        {summary}
      </summary>
      <fieldset>
        <legend className="hidden">{label}</legend>
        {children}
      </fieldset>
    </details>
  );
}

function Filter({ filter, onFilter }) {
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
      <Drop summary="Kinds" label="Kinds of lines" data-testid="log-kinds" data-active={filter.hidden !== "" || undefined}>
        {GROUPS.map(({ id, label }) => (
          <label key={id}>
            <input type="checkbox" checked={!hides(filter, id)} onChange={(event) => onFilter(withGroup(filter, id, event.target.checked))} />
            {label}
          </label>
        ))}
      </Drop>
    </>
  );
}

function Download({ run }) {
  return (
    <Drop summary="Download" label="All lines of the run" data-testid="log-download" title="Download all lines of the run">
      <a href={downloadOf(run, "txt")} download>
        As text
      </a>
      <a href={downloadOf(run, "jsonl")} download>
        As JSON, an object a line
      </a>
    </Drop>
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
