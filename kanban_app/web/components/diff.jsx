// The changes of one file, line by line.
import { memo, useMemo, useState } from "react";
import { besides, firstLines, lineCount } from "./diff_rows.js";
import { useFetched } from "./fetched.js";
import { Failed, Loading } from "./fetched.jsx";
import { usePhone } from "./switcher.jsx";

const AT_FIRST = 400;
const KINDS = { "+": "added", "-": "removed", " ": "same" };
const SIGNS = { "+": "+", "-": "−", " ": "" };

/** `url` is where they stand; `split`: what was beside what is. */
export function Diff({ url, edition, file, label, split }) {
  const [tries, setTries] = useState(0);
  const { data, error } = useFetched(url, `${edition} ${tries}`);
  return (
    <>
      {error && <Failed error={error} onAgain={() => setTries(tries + 1)} hook="diff" />}
      {data ? (
        <Content diff={data} file={file} label={label} split={split} />
      ) : (
        !error && (
          <div className="diff-note">
            <Loading label={`Opening ${label}`} />
          </div>
        )
      )}
    </>
  );
}

function Content({ diff, file, label, split }) {
  const [all, setAll] = useState(false);
  const count = useMemo(() => lineCount(diff.hunks), [diff]);
  const shown = useMemo(() => (all ? diff.hunks : firstLines(diff.hunks, AT_FIRST)), [diff, all]);
  return (
    <>
      {diff.mode && <p className="diff-note">{`Its mode has changed: ${diff.mode}`}</p>}
      {count === 0 && !diff.mode && <p className="diff-note">{emptyWords(diff, file)}</p>}
      {count > 0 && (split ? <Split hunks={shown} label={label} /> : <Unified hunks={shown} label={label} />)}
      {!all && count > AT_FIRST && (
        <p className="diff-note">
          <button type="button" className="button small" data-testid="diff-more" onClick={() => setAll(true)}>
            {`Show the other ${(count - AT_FIRST).toLocaleString("en")} lines`}
          </button>
        </p>
      )}
      {diff.truncated && (all || count <= AT_FIRST) && (
        <p className="diff-note">The rest is too long to be shown: look at it with git on the service&apos;s machine.</p>
      )}
    </>
  );
}

const emptyWords = (diff, file) => {
  if (diff.binary) return "Not shown: it is no text, or larger than 16 MB.";
  if (file.status === "R") return "Moved, with nothing changed in it.";
  return file.status === "D" ? "It was empty." : "It is empty.";
};

/** `columns` are [class, heading]. */
function Heads({ columns }) {
  return (
    <>
      <colgroup>
        {columns.map(([name, heading]) => (
          <col key={heading} className={name} />
        ))}
      </colgroup>
      <thead className="hidden">
        <tr>
          {columns.map(([, heading]) => (
            <th key={heading} scope="col">
              {heading}
            </th>
          ))}
        </tr>
      </thead>
    </>
  );
}

const NARROW = [
  ["diff-number", "Line"],
  ["diff-sign", "Change"],
  ["diff-code", "Text"],
];
const UNIFIED = [["diff-number", "Line before"], ["diff-number", "Line now"], ...NARROW.slice(1)];
const SPLIT = ["before", "now"].flatMap((side) => NARROW.map(([name, heading]) => [name, `${heading} ${side}`]));

const Unified = memo(function Unified({ hunks, label }) {
  const narrow = usePhone();
  const columns = narrow ? NARROW : UNIFIED;
  return (
    <table className="diff" aria-label={label} data-view="unified">
      <Heads columns={columns} />
      {hunks.map((hunk, place) => (
        <tbody key={place}>
          <Title hunk={hunk} first={place === 0} columns={columns.length} />
          {hunk.lines.map((line, row) => (
            <tr key={row} data-kind={KINDS[line.kind]}>
              {narrow ? <Number value={line.new ?? line.old} /> : <Numbers line={line} />}
              <Sign line={line} />
              <Code line={line} />
            </tr>
          ))}
        </tbody>
      ))}
    </table>
  );
});

const Split = memo(function Split({ hunks, label }) {
  return (
    <table className="diff" aria-label={label} data-view="split">
      <Heads columns={SPLIT} />
      {hunks.map((hunk, place) => (
        <tbody key={place}>
          <Title hunk={hunk} first={place === 0} columns={SPLIT.length} />
          {besides(hunk.lines).map(([before, now], row) => (
            <tr key={row}>
              <Half line={before} side="old" />
              <Half line={now} side="new" />
            </tr>
          ))}
        </tbody>
      ))}
    </table>
  );
});

function Half({ line, side }) {
  const kind = line ? KINDS[line.kind] : "none";
  return (
    <>
      <Number value={line?.[side] ?? null} side={side} kind={kind} />
      <Sign line={line} kind={kind} />
      <Code line={line} kind={kind} />
    </>
  );
}

/** What is left out above, and the heading that git has found there. */
function Title({ hunk, first, columns }) {
  const start = hunk.lines[0]?.new ?? hunk.lines[0]?.old;
  if (first && start === 1) return null;
  return (
    <tr className="diff-title">
      <td colSpan={columns}>{hunk.title || "…"}</td>
    </tr>
  );
}

function Numbers({ line }) {
  return (
    <>
      <Number value={line.old} side="old" />
      <Number value={line.new} side="new" />
    </>
  );
}

/** By the style sheet, so that they are not copied along with the text. */
function Number({ value, side, kind }) {
  return <td className="diff-number num" data-side={side} data-kind={kind} data-number={value ?? ""} />;
}

function Sign({ line, kind }) {
  return (
    <td className="diff-sign" data-kind={kind}>
      {line ? SIGNS[line.kind] : ""}
    </td>
  );
}

function Code({ line, kind }) {
  return (
    <td className="diff-code" data-kind={kind}>
      {line?.parts.map(([name, text], place) =>
        name ? (
          <span key={place} className={`code-${name}`}>
            {text}
          </span>
        ) : (
          text
        ),
      )}
      {line?.bare && <span className="diff-bare"> no line end</span>}
    </td>
  );
}
