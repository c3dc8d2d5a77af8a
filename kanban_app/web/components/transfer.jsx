// The board as a file, and files as cards: what a file would bring is shown before anything is changed.
import { useRef, useState } from "react";
import { inProject } from "./project.js";

const KINDS = {
  board: "an export of a board",
  "browser-storage": "the browser storage of the original board",
  database: "the database of the original board",
};

const number = new Intl.NumberFormat("en");
const count = (amount, one, many = `${one}s`) => `${number.format(amount)} ${amount === 1 ? one : many}`;

/** What is new in a file, by its largest parts. */
const mostOf = ({ new: cards, lines, images }) =>
  cards > 0 ? count(cards, "card") : lines > 0 ? count(lines, "log line") : count(images, "image");

const send = async (file, dryRun) => {
  const answer = await fetch(inProject(`/api/v1/import?dry_run=${dryRun}`), {
    method: "POST",
    headers: { "Content-Type": "application/octet-stream" },
    body: file,
  });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error.message);
  return body;
};

const wordsOf = (error) =>
  error instanceof TypeError || error instanceof SyntaxError ? "The board did not answer. Try again." : error.message;

function Found({ said }) {
  return (
    <div className="import-found" data-testid="import-found" role="status">
      <p>
        {said.dry_run ? "This is " : "Imported from "}
        {KINDS[said.kind]}
        {said.dry_run ? `, with ${count(said.found, "card")}.` : "."}
      </p>
      <dl className="facts">
        <dt>{said.dry_run ? "To be added" : "Added"}</dt>
        <dd>
          {count(said.new, "card")}, {count(said.runs, "run")}, {count(said.lines, "log line")}, {count(said.images, "image")}
        </dd>
        <dt>Here already</dt>
        <dd>{count(said.known, "card")}, left as they are</dd>
        {said.faulty > 0 && (
          <>
            <dt>Not possible</dt>
            <dd>{count(said.faulty, "card")}</dd>
          </>
        )}
      </dl>
      <ul className="import-notes">
        {said.faults.map(({ title, reason }, at) => (
          <li key={at}>
            <strong>{title}</strong>: {reason}
          </li>
        ))}
        {said.notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
    </div>
  );
}

function Import() {
  const [file, setFile] = useState(null);
  const [said, setSaid] = useState(null);
  const [failure, setFailure] = useState("");
  const [busy, setBusy] = useState(false);
  const asked = useRef(0);

  const ask = async (chosen, dryRun) => {
    const question = ++asked.current;
    setBusy(true);
    setFailure("");
    if (dryRun) setSaid(null);
    try {
      const answer = await send(chosen, dryRun);
      if (question === asked.current) setSaid(answer);
    } catch (error) {
      if (question === asked.current) setFailure(wordsOf(error));
    } finally {
      if (question === asked.current) setBusy(false);
    }
  };
  const choose = (event) => {
    const chosen = event.target.files[0] ?? null;
    setFile(chosen);
    setSaid(null);
    setFailure("");
    if (chosen) ask(chosen, true);
  };
  const adds = said?.dry_run && said.new + said.lines + said.images > 0;

  return (
    <>
      <div className="field">
        <label htmlFor="import-file">Import cards from a file</label>
        <input
          id="import-file"
          type="file"
          accept=".json,.db,.sqlite,.sqlite3,application/json"
          aria-describedby="import-hint"
          data-testid="import-file"
          onClick={(event) => {
            event.target.value = ""; // the same file again, perhaps with other content, is a choice as well
          }}
          onChange={choose}
        />
        <p id="import-hint" className="hint">
          An export of a board; of the original board its browser storage as JSON (<code>agentic-kanban-storage</code>) or
          its <code>agentickanban.db</code>. You see what would come before anything is changed. At most 512 MiB.
        </p>
      </div>
      {busy && <p className="said" role="status">{said ? "Importing …" : "Looking into the file …"}</p>}
      {failure && (
        <p className="finding" data-kind="bad" role="alert" data-testid="import-error">
          {failure}
        </p>
      )}
      {said && <Found said={said} />}
      {adds && (
        <button type="button" className="button primary" disabled={busy} data-testid="import" onClick={() => ask(file, false)}>
          Import {mostOf(said)}
        </button>
      )}
    </>
  );
}

export function Transfer() {
  const [logs, setLogs] = useState(true);
  return (
    <section className="subpage-section">
      <h2>Export and import</h2>
      <div className="transfer-row">
        {/* Relative, so that what is rendered at build time holds for every project. */}
        <a className="button" href={`../api/v1/export?logs=${logs}`} download data-testid="export">
          Export the board
        </a>
        <label className="check-line">
          <input type="checkbox" checked={logs} onChange={(event) => setLogs(event.target.checked)} />
          <span>With the logs of its runs</span>
        </label>
      </div>
      <Import />
    </section>
  );
}
