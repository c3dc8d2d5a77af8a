// What comes before a merge: how it is to be done, what it would bring in, and what stands in its way.
import { useEffect, useState } from "react";
import { Dialog } from "./dialog.jsx";
import { HelpLink } from "./help_link.jsx";
import { newId } from "./operations.js";

const METHODS = {
  squash: { label: "Squash", does: (target) => `Everything becomes one commit on ${target}.` },
  merge: { label: "Merge commit", does: (target) => `The commits are kept, and one more joins them to ${target}.` },
  rebase: { label: "Rebase", does: (target) => `The commits are written anew on top of ${target}, one by one.` },
};
const FIRST = Object.keys(METHODS)[0];
// As many as a service is asked to tell of.
const MOST_FILES = 500;

const count = (number, one, many = `${one}s`) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
const sum = (files, name) => files.reduce((total, file) => total + (file[name] ?? 0), 0);

/** How the merge is named to the server: as it was shown. A service that shows nothing does it in its own way. */
const wishOf = (look) => {
  const { method, target, head } = look.supported ? look : {};
  return Object.fromEntries(Object.entries({ method, target, expect: head }).filter(([, text]) => text));
};

/**
 * The dialog about `card`, closed while that is null. `choice`: its service takes a method. `look` answers what was
 * asked last by `onLook(question, card id, method)`; it is asked anew whenever the method changes and when the page has
 * its server back.
 */
export function MergeDialog({ card, choice, look, hydrations, onLook, onForget, onMerge, onMark, onClose }) {
  const [method, setMethod] = useState(FIRST);
  const [asked, setAsked] = useState("");
  const lookAgain = () => {
    const question = newId();
    setAsked(question);
    onLook(question, card.id, method);
  };
  useEffect(() => {
    if (card) lookAgain();
  }, [card, method, hydrations]);
  useEffect(() => {
    if (!card) return undefined;
    return () => {
      setAsked("");
      onForget();
    };
  }, [card]);

  const answer = asked && look.asked === asked ? look : null;
  const ready = Boolean(answer?.possible && !answer.error.code);
  const leave = (event, then) => {
    // Closed before it is answered: what is said of the answer would be lost on a page that is still inert.
    event.target.closest("dialog").close();
    then();
  };
  // Also by Ctrl+Enter, which asks no button.
  const submit = (event) => {
    event.preventDefault();
    if (ready) leave(event, () => onMerge(wishOf(answer)));
  };
  const hasMethods = choice && (!answer || answer.supported || Boolean(answer.error.code));
  const target = answer?.target || "the target branch";
  return (
    <Dialog open={card !== null} edition={card} label="Merge this card" onClose={onClose} className="dialog merge">
      <form data-testid="merge-dialog" onSubmit={submit}>
        <h2>Merge</h2>
        <p className="about-card">
          <span className="num">#{card?.number}</span> {card?.title}
        </p>
        <Route branch={answer?.branch || card?.branch} target={answer?.target} />
        {hasMethods && <Methods chosen={method} target={target} onChoose={setMethod} />}
        <section className="merge-preview" data-testid="merge-preview" aria-label="What would be merged" aria-busy={!answer}>
          {answer ? <Answer look={answer} onAgain={lookAgain} /> : <Loading />}
        </section>
        <div className="dialog-actions">
          <button type="button" className="button" data-testid="merge-mark" onClick={(event) => leave(event, onMark)}>
            Mark as complete without merging
          </button>
          <span className="grow" />
          <button
            type="button"
            className="button"
            data-close
            data-testid="merge-cancel"
            data-first={hasMethods ? undefined : ""}
          >
            Cancel
          </button>
          <button type="submit" className="button primary" data-testid="merge-confirm" disabled={!ready}>
            Merge
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Route({ branch, target }) {
  if (!branch) return null;
  return (
    <p className="merge-route">
      <code>{branch}</code>
      <span className="hidden"> into </span>
      <span className="merge-target">
        <span aria-hidden="true">→</span>
        {target ? <code>{target}</code> : "the service's branch"}
      </span>
    </p>
  );
}

function Methods({ chosen, target, onChoose }) {
  return (
    <fieldset className="methods">
      <legend className="hidden">How to merge</legend>
      <div className="segmented">
        {Object.entries(METHODS).map(([name, { label }]) => (
          <label key={name}>
            <input
              type="radio"
              name="method"
              value={name}
              data-testid={`merge-method-${name}`}
              checked={name === chosen}
              data-first={name === chosen ? "" : undefined}
              aria-describedby="merge-method-does"
              onChange={() => onChoose(name)}
            />
            {label}
          </label>
        ))}
      </div>
      <p id="merge-method-does" className="hint">
        {METHODS[chosen].does(target)}
      </p>
    </fieldset>
  );
}

function Loading() {
  return (
    <div className="merge-loading" role="status">
      <p className="hidden">Looking at what would be merged</p>
      <i />
      <i />
      <i />
    </div>
  );
}

function Answer({ look, onAgain }) {
  if (look.error.code) {
    return (
      <Block tone="bad" title={look.error.title} text={look.error.message}>
        <HelpLink code={look.error.code} title={look.error.title} />
        <button type="button" className="button small" data-testid="merge-again" onClick={onAgain}>
          Try again
        </button>
      </Block>
    );
  }
  if (!look.supported) {
    if (!look.possible) return <Block tone="bad" title={look.title} text={look.reason} advice={look.advice} />;
    const text = "It merges by its own method, squash, and shows nothing beforehand.";
    return <Block tone="calm" title="No preview from this service" text={text} />;
  }
  return (
    <>
      {!look.possible && (
        <Block tone={look.code === "nothing" ? "calm" : "bad"} title={look.title} text={look.reason} advice={look.advice}>
          {look.conflicts.length > 0 && <Paths paths={look.conflicts} />}
          {look.code !== "nothing" && (
            <button type="button" className="button small" data-testid="merge-again" onClick={onAgain}>
              Look again
            </button>
          )}
        </Block>
      )}
      {look.commits.length > 0 && <Summary look={look} />}
      {look.commits.length + look.files.length > 0 && <Contents look={look} />}
    </>
  );
}

/** What stands in the way, or what there is to know. */
function Block({ tone, title, text, advice, children }) {
  return (
    <div className="merge-block" data-tone={tone} role={tone === "bad" ? "alert" : "status"}>
      <strong>{title}</strong>
      <p>{text}</p>
      {advice && <p>{advice}</p>}
      {children}
    </div>
  );
}

function Paths({ paths }) {
  return (
    <ul className="paths" tabIndex={0} aria-label="Files in conflict">
      {paths.map((path) => (
        <li key={path}>{path}</li>
      ))}
    </ul>
  );
}

function Summary({ look }) {
  const { files, ahead, behind, target } = look;
  const some = files.length >= MOST_FILES ? "more than " : "";
  return (
    <p className="merge-sum num" role="status">
      {count(ahead, "commit")}
      {files.length > 0 && (
        <>
          <span>
            {some}
            {count(files.length, "file")}
          </span>
          <Balance added={sum(files, "added")} removed={sum(files, "removed")} />
        </>
      )}
      {behind > 0 && <span className="muted">{`${target} is ${count(behind, "commit")} further on`}</span>}
    </p>
  );
}

function Contents({ look }) {
  return (
    <div className="merge-contents" tabIndex={0} role="region" aria-label="Files and commits">
      {look.files.length > 0 && (
        <>
          <h3>Files</h3>
          <ul>
            {look.files.map((file) => (
              <li key={file.path}>
                <code>{file.path}</code>
                <Lines file={file} />
              </li>
            ))}
          </ul>
        </>
      )}
      {look.commits.length > 0 && (
        <>
          <h3>{look.ahead > look.commits.length ? `The newest ${look.commits.length} commits` : "Commits"}</h3>
          <ul>
            {look.commits.map((commit) => (
              <li key={commit.sha}>
                <span>{commit.subject}</span>
                <code className="muted">{commit.sha.slice(0, 7)}</code>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

function Lines({ file }) {
  if (file.added == null || file.removed == null) return <span className="muted">binary</span>;
  return <Balance added={file.added} removed={file.removed} />;
}

/** Lines added and removed; what there is none of is left out. */
export function Balance({ added, removed }) {
  return (
    <span className="num">
      {(added > 0 || removed === 0) && <span className="added">+{added.toLocaleString("en")}</span>}
      {removed > 0 && <span className="removed"> −{removed.toLocaleString("en")}</span>}
    </span>
  );
}
