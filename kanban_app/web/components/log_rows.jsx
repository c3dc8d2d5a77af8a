// One row of the log for every kind of line. Text goes to the page as text only, never as markup.
import { Fragment, memo } from "react";
import { parts, plain } from "./ansi.js";
import { marked } from "./log_search.js";

const LONG_ROW = 2000;
const LONG_DETAIL = 4000;
const LONG_THOUGHT = 220;
const PREVIEW = 200;
const SAID_LEVELS = { error: "error", warning: "warning", success: "success", debug: "debug" };
const FILE_WORDS = { read: "read", write: "written", modify: "changed", delete: "deleted" };

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const number = new Intl.NumberFormat();

function Time({ at }) {
  return <time dateTime={new Date(at).toISOString()}>{clock.format(at)}</time>;
}

/** Text with terminal colours, and with what the search has found. */
function Text({ text, query }) {
  const found = parts(text);
  return (query ? marked(found, query) : found).map((part, place) => {
    if (part.found) return <mark key={place} className={part.className}>{part.text}</mark>;
    return part.className ? <span key={place} className={part.className}>{part.text}</span> : <Fragment key={place}>{part.text}</Fragment>;
  });
}

/** The beginning of a long text, and a button for the rest. */
function Capped({ text, limit, name, view }) {
  const open = view.isOpen(name);
  if (text.length <= limit) return <Text text={text} query={view.query} />;
  return (
    <>
      <Text text={open ? text : text.slice(0, limit)} query={view.query} />
      <button type="button" className="log-more" onClick={() => view.toggle(name)}>
        {open ? "Show less" : `… Show all ${number.format(text.length)} characters`}
      </button>
    </>
  );
}

function Cut({ line }) {
  return line.data?.cut_from ? <span className="log-note"> (cut, it had {number.format(line.data.cut_from)} characters)</span> : null;
}

function Plain({ line, view }) {
  const word = SAID_LEVELS[line.level];
  return (
    <div className="log-body-cell">
      {word && <span className="log-word">{word} </span>}
      <span className="log-text">
        <Capped text={line.message} limit={LONG_ROW} name={`${line.seq}`} view={view} />
      </span>
      <Cut line={line} />
    </div>
  );
}

function Thought({ line, view }) {
  const long = line.message.length > LONG_THOUGHT || line.message.split("\n", 4).length > 3;
  const open = !long || view.isOpen(`${line.seq}`);
  return (
    <div className="log-body-cell">
      <span className="log-text" data-clamped={!open}>
        <Text text={line.message} query={view.query} />
      </span>
      {long && (
        <button type="button" className="log-more" aria-expanded={open} onClick={() => view.toggle(`${line.seq}`)}>
          {open ? "less" : "more"}
        </button>
      )}
    </div>
  );
}

const took = (ms) => (ms < 1000 ? `${ms} ms` : ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`);

/** Only a duration that says something: services that tell of call and result together give both one time. */
const durationOf = (call, result) => {
  const ms = result.data?.duration_ms ?? result.at - call.at;
  return ms > 0 ? took(ms) : "";
};

const firstLine = (text) => plain(text).trimStart().split("\n", 1)[0].slice(0, PREVIEW);

const asInput = (input) => {
  const entries = Object.entries(input ?? {});
  if (entries.length === 1 && typeof entries[0][1] === "string") return entries[0][1];
  return JSON.stringify(input, null, 2);
};

function Sign({ result, pending }) {
  if (pending) return <span className="log-sign" data-state="open" role="img" aria-label="no result yet">○</span>;
  const failed = Boolean(result.data?.failed);
  return (
    <span className="log-sign" data-state={failed ? "failed" : "ok"} role="img" aria-label={failed ? "failed" : "done"}>
      {failed ? "✗" : "✓"}
    </span>
  );
}

function Detail({ title, text, name, view, ...rest }) {
  return (
    <div className="log-detail" {...rest}>
      <h4>{title}</h4>
      <pre className="log-text">
        <Capped text={text} limit={LONG_DETAIL} name={name} view={view} />
      </pre>
    </div>
  );
}

function Result({ line, open, view }) {
  const hook = { "data-testid": "log-line", "data-seq": line.seq, "data-kind": line.kind, "data-level": line.level };
  if (open) return <Detail title="Output" text={line.message} name={`${line.seq}!`} view={view} {...hook} />;
  return (
    <span className="log-result" {...hook}>
      <span className="log-text">
        <Text text={firstLine(line.message)} query={view.query} />
      </span>
    </span>
  );
}

/** A tool call with its result, if that is known. */
function Tool({ line, result, view }) {
  const name = `${line.seq}`;
  const open = view.isOpen(name);
  const tool = line.data?.tool || "Tool";
  const rest = line.message.startsWith(tool) ? line.message.slice(tool.length) : ` ${line.message}`;
  return (
    <div className="log-body-cell">
      <button type="button" className="log-tool" aria-expanded={open} onClick={() => view.toggle(name)}>
        <Sign result={result} pending={!result} />
        <span className="log-text">
          <b>
            <Text text={tool} query={view.query} />
          </b>
          <Text text={rest} query={view.query} />
        </span>
        {result && <span className="log-took num">{durationOf(line, result)}</span>}
      </button>
      {open && line.data?.input && <Detail title="Input" text={asInput(line.data.input)} name={`${line.seq}!`} view={view} />}
      {result && <Result line={result} open={open} view={view} />}
    </div>
  );
}

/** A result whose call is not here. */
function LoneResult({ line, view }) {
  const name = `${line.seq}`;
  const open = view.isOpen(name);
  const short = firstLine(line.message);
  const more = short !== line.message;
  return (
    <div className="log-body-cell">
      <button type="button" className="log-tool" aria-expanded={more ? open : undefined} disabled={!more} onClick={() => view.toggle(name)}>
        <Sign result={line} />
        <span className={open ? undefined : "log-text"}>
          <b>{line.data?.tool || "Result"} </b>
          {!open && <Text text={short} query={view.query} />}
        </span>
      </button>
      {open && <Detail title="Output" text={line.message} name={`${line.seq}!`} view={view} />}
    </div>
  );
}

function File({ line, view }) {
  const { path, operation, diff } = line.data ?? {};
  const name = `${line.seq}`;
  if (!path) return <Plain line={line} view={view} />;
  const counts = line.message.slice(line.message.indexOf(path) + path.length).trim();
  return (
    <div className="log-body-cell">
      <span className="log-word">{FILE_WORDS[operation] ?? operation ?? "changed"} </span>
      <span className="log-text">
        <Text text={path} query={view.query} />
      </span>
      {counts && <span className="log-note num"> {counts}</span>}
      {diff && (
        <button type="button" className="log-more" aria-expanded={view.isOpen(name)} onClick={() => view.toggle(name)}>
          {view.isOpen(name) ? "hide changes" : "show changes"}
        </button>
      )}
      {diff && view.isOpen(name) && <Detail title="Changes" text={diff} name={`${line.seq}!`} view={view} />}
    </div>
  );
}

const BODIES = { thinking: Thought, tool_use: Tool, tool_result: LoneResult, file: File };

/** `view` is {query, isOpen(name), toggle(name)}: a new one whenever what it answers may differ. */
export const Row = memo(function Row({ line, result, view, current, turn }) {
  const Body = BODIES[line.kind] ?? Plain;
  return (
    <div
      className="log-line"
      data-testid="log-line"
      data-seq={line.seq}
      data-row={line.seq}
      data-level={line.level}
      data-kind={line.kind}
      data-current={current || undefined}
      data-turn={turn || undefined}
    >
      <Time at={line.at} />
      <Body line={line} result={result} view={view} />
    </div>
  );
});

/** Stands for lines that are not loaded. */
export function Hole({ from, to, height, failed }) {
  const which = from === to ? `Line ${number.format(from)}` : `Lines ${number.format(from)} to ${number.format(to)}`;
  return (
    <div className="log-hole" style={{ height }}>
      <span>{failed ? `${which} could not be loaded. Trying again` : `${which}: loading`}…</span>
    </div>
  );
}
