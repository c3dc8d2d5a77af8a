// What a run has changed: its files, each of which opens to its lines.
import { memo, useCallback, useDeferredValue, useEffect, useId, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { Diff } from "./diff.jsx";
import { matching, visible } from "./diff_rows.js";
import { useFetched } from "./fetched.js";
import { Failed, Loading, Nothing } from "./fetched.jsx";
import { Balance } from "./merge_dialog.jsx";

const AT_FIRST = 200;
const QUERY_LIMIT = 200;
const VIEW_KEY = "kanban.diff-view";
/** Two halves of a line need room, or nobody can read either. */
const WIDE = "(min-width: 1000px)";
const STATES = { A: "Added", M: "Changed", D: "Removed", R: "Moved" };
const TITLES = {
  "unknown-run": "No changes yet.",
  "no-branch": "No branch to compare",
  "no-repository": "No git repository",
  "no-git": "git does not work there",
  "no-target": "No branch to compare it with",
  detached: "No branch is checked out",
  nothing: "Nothing to compare",
};

const count = (number, one) => `${number.toLocaleString("en")} ${one}${number === 1 ? "" : "s"}`;

const watchWidth = (listener) => {
  const query = matchMedia(WIDE);
  query.addEventListener("change", listener);
  return () => query.removeEventListener("change", listener);
};
const useWide = () => useSyncExternalStore(watchWidth, () => matchMedia(WIDE).matches, () => false);

/** What was opened in the changes of the run that was looked at last. */
let kept = { run: "", opened: new Set() };

/**
 * The changes of a run. `pulse` changes as it goes on: what was read before may no longer be all. They are read anew
 * whenever the connection to the service, whose state is `link`, has come back.
 */
export function ChangesView({ run, pulse, link }) {
  if (run) return <RunChanges key={run} run={run} pulse={pulse} link={link} />;
  return <Nothing title="This card has not run yet." />;
}

function RunChanges({ run, pulse, link }) {
  const base = `/api/v1/runs/${encodeURIComponent(run)}/changes`;
  const [edition, setEdition] = useState(0);
  const [readAt, setReadAt] = useState(pulse);
  const { data, error, busy } = useFetched(base, edition);
  const refresh = () => {
    setReadAt(pulse);
    setEdition(edition + 1);
  };
  const linkBefore = useRef(link);
  useEffect(() => {
    if (link === "connected" && linkBefore.current !== link) refresh();
    linkBefore.current = link;
  }, [link]);
  const isLate = !busy && !error && pulse !== readAt;
  return (
    <div aria-busy={busy} data-testid="changes">
      {error && <Failed error={error} onAgain={refresh} hook="changes" />}
      {data ? (
        <Changes changes={data} base={base} run={run} edition={edition} busy={busy} late={isLate} onRefresh={refresh} />
      ) : (
        !error && <Loading label="Looking at what has changed" />
      )}
    </div>
  );
}

function Refresh({ busy, late, onRefresh }) {
  return (
    <>
      <span className="changes-late" role="status">
        {late && "The run has gone on since"}
      </span>
      <button
        type="button"
        className="button small"
        data-testid="changes-refresh"
        data-late={late || undefined}
        aria-disabled={busy}
        onClick={() => busy || onRefresh()}
      >
        Refresh
      </button>
    </>
  );
}

function Changes({ changes, base, run, edition, busy, late, onRefresh }) {
  const refresh = <Refresh busy={busy} late={late} onRefresh={onRefresh} />;
  if (!changes.supported) return <Nothing title="This service cannot show changes." />;
  if (changes.code) {
    return (
      <Nothing title={TITLES[changes.code] ?? "Nothing to compare"} text={`${changes.reason}.`}>
        {refresh}
      </Nothing>
    );
  }
  if (changes.files.length === 0) {
    const where = changes.branch ? `${changes.branch} and ${changes.base} have the same files.` : "";
    return (
      <Nothing title="No changes yet." text={where}>
        {refresh}
      </Nothing>
    );
  }
  return (
    <>
      <div className="fetched-tools">
        <p className="changes-sum num">
          {count(changes.total, "file")} <Balance added={changes.added} removed={changes.removed} />
        </p>
        {refresh}
      </div>
      <Compared changes={changes} />
      <Files changes={changes} base={base} run={run} edition={edition} />
    </>
  );
}

function Compared({ changes }) {
  const pending = changes.files.some((file) => file.uncommitted);
  return (
    <p className="changes-route">
      {changes.merge ? (
        <>
          As merged into <code>{changes.base}</code> with <code>{changes.merge.slice(0, 8)}</code>
        </>
      ) : (
        <>
          <code>{changes.branch}</code> since it left <code>{changes.base}</code>
          {pending && ", with work that is not committed"}
        </>
      )}
    </p>
  );
}

function Files({ changes, base, run, edition }) {
  const wide = useWide();
  const [view, setView] = useState(() => localStorage.getItem(VIEW_KEY) ?? "unified");
  const [typed, setTyped] = useState("");
  const query = useDeferredValue(typed.trim());
  const [all, setAll] = useState(false);
  const [opened, setOpened] = useState(() => (kept.run === run ? kept.opened : new Set()));
  useEffect(() => {
    kept = { run, opened };
  }, [run, opened]);
  const found = useMemo(() => matching(changes.files, query), [changes, query]);
  const shown = all ? found : found.slice(0, AT_FIRST);
  const split = wide && view === "split";
  const toggle = useCallback((path) => {
    setOpened((now) => new Set(now.has(path) ? [...now].filter((other) => other !== path) : [...now, path]));
  }, []);
  const choose = (name) => {
    localStorage.setItem(VIEW_KEY, name);
    setView(name);
  };
  const onKeyDown = (event) => {
    if (event.key !== "Escape" || !typed) return;
    event.preventDefault();
    setTyped("");
  };
  return (
    <div className="changes" data-view={split ? "split" : "unified"}>
      <div className="changes-tools">
        {changes.files.length > 1 && (
          <input
            type="search"
            value={typed}
            maxLength={QUERY_LIMIT}
            placeholder="Filter files"
            aria-label="Filter files by name"
            data-testid="changes-filter"
            onChange={(event) => setTyped(event.target.value)}
            onKeyDown={onKeyDown}
          />
        )}
        {wide && <Views chosen={view} onChoose={choose} />}
      </div>
      <p className="changes-found" role="status">
        {query && (found.length > 0 ? `${found.length.toLocaleString("en")} of ${count(changes.files.length, "file")}` : "No file has that in its name.")}
      </p>
      <ul className="changes-files">
        {shown.map((file) => (
          <File key={file.path} file={file} base={base} edition={edition} open={opened.has(file.path)} split={split} onToggle={toggle} />
        ))}
      </ul>
      {shown.length < found.length && (
        <button type="button" className="button small" data-testid="changes-more" onClick={() => setAll(true)}>
          {`Show the other ${count(found.length - shown.length, "file")}`}
        </button>
      )}
      {changes.total > changes.files.length && (
        <p className="fetched-note">{`${count(changes.total - changes.files.length, "more file")} are not listed.`}</p>
      )}
    </div>
  );
}

function Views({ chosen, onChoose }) {
  return (
    <fieldset className="changes-views">
      <legend className="hidden">How to show changes</legend>
      <div className="segmented">
        {Object.entries({ unified: "Unified", split: "Side by side" }).map(([name, label]) => (
          <label key={name}>
            <input
              type="radio"
              name="diff-view"
              value={name}
              data-testid={`diff-view-${name}`}
              checked={name === chosen}
              onChange={() => onChoose(name)}
            />
            {label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

const File = memo(function File({ file, base, edition, open, split, onToggle }) {
  const id = useId();
  const name = visible(file.path);
  const query = new URLSearchParams({ path: file.path, ...(file.old_path && { from: file.old_path }) });
  return (
    <li className="changes-file" data-open={open || undefined}>
      <button
        type="button"
        className="changes-head"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        data-testid="changes-file"
        onClick={() => onToggle(file.path)}
      >
        <span className="changes-state" data-state={file.status} title={STATES[file.status]} aria-hidden="true">
          {file.status}
        </span>
        <span className="hidden">{`${STATES[file.status]}: `}</span>
        <Path file={file} name={name} />
        {file.uncommitted && <span className="badge warn">not committed</span>}
        <Lines file={file} />
      </button>
      {open && (
        <div id={id} className="changes-diff" role="region" aria-label={`Changes of ${name}`} data-testid="diff">
          <Diff url={`${base}/file?${query}`} edition={edition} file={file} label={name} split={split} />
        </div>
      )}
    </li>
  );
});

function Path({ file, name }) {
  const cut = name.lastIndexOf("/") + 1;
  return (
    <bdi className="changes-path" dir="ltr">
      {file.old_path && <span className="muted">{`${visible(file.old_path)} → `}</span>}
      <span className="muted">{name.slice(0, cut)}</span>
      {name.slice(cut)}
    </bdi>
  );
}

function Lines({ file }) {
  if (file.added == null || file.removed == null) return <span className="muted">no text</span>;
  if (file.added + file.removed === 0) return null;
  return <Balance added={file.added} removed={file.removed} />;
}
