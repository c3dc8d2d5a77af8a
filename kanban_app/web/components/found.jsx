// What a search has come to: a line above the columns, and a line of the log under a card.
import { isNarrowed, SORTS, wordsOf } from "./finding.js";
import { askAgain, clearAll, useFinding, withFinding } from "./finding_store.js";
import { inProject } from "./project.js";

/** How many cards are shown, and whether that is all that there is to find. Nothing while nothing is looked for. */
export function FoundLine() {
  const { finding, state, more, complete, shown, total } = useFinding();
  const sorted = finding.sort !== "own";
  if (!isNarrowed(finding) && !sorted) return null;
  const words = wordsOf(finding.q).length > 0;
  return (
    <div className="notice found-line" data-testid="found" data-state={state}>
      <p role="status">
        {shown === 0 && total > 0 && state !== "loading" && state !== "failed" ? (
          <strong>No card matches.</strong>
        ) : (
          <>
            <strong className="num">{shown}</strong> of <span className="num">{total}</span> cards
          </>
        )}
        {sorted && (
          <span>
            {" "}
            · {SORTS.find(([id]) => id === finding.sort)[1]}
            <span className="optional">; a card that is dropped goes to the end of its column&apos;s own order</span>
          </span>
        )}
        {words && state === "loading" && <span> · Searching descriptions and logs…</span>}
        {words && state === "done" && more && <span> · The text of too many cards matches: use more words</span>}
        {words && state === "done" && !complete && <span> · Older lines of logs are still being indexed</span>}
        {words && state === "failed" && (
          <span className="found-fault"> · Descriptions and logs could not be searched; titles and labels were.</span>
        )}
      </p>
      <span className="grow" />
      {words && state === "failed" && (
        <button type="button" className="button small" onClick={askAgain}>
          Try again
        </button>
      )}
      <button type="button" className="button small" data-testid="clear-all" onClick={clearAll}>
        Clear all
      </button>
    </div>
  );
}

/** The newest line of a card's log that has the words; it leads to the log. */
export function FoundInLog({ id, line }) {
  if (!line) return null;
  return (
    <a className="found-in-log" data-testid="found-in-log" data-open={id} href={inProject(withFinding(`/?card=${id}&tab=log`))} draggable={false}>
      <span>in the log:</span> {line}
    </a>
  );
}
