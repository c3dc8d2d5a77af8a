// The log of the open run: a bounded window of lines that follows the newest while the reader is at its end.
import { memo, useLayoutEffect, useRef } from "react";

const KINDS = {
  thinking: "thought",
  text: "text",
  tool_use: "tool",
  tool_result: "result",
  file: "file",
  stage: "stage",
  status: "status",
};
const NEAR_END = 24;

/** What a line is, in a word: its level where that says more than its kind. */
const wordOf = (line) => (["error", "warning", "success", "debug"].includes(line.level) ? line.level : (KINDS[line.kind] ?? "log"));

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

const Line = memo(function Line({ line }) {
  return (
    <li className="log-line" data-testid="log-line" data-seq={line.seq} data-level={line.level} data-kind={line.kind}>
      <time dateTime={new Date(line.at).toISOString()}>{clock.format(line.at)}</time>
      <span className="log-kind">{wordOf(line)}</span>
      <span className="log-text">{line.message}</span>
    </li>
  );
});

/** The topmost visible line and where it stands, so that lines added above or dropped there do not move the text. */
const anchorOf = (box) => {
  const line = [...box.querySelectorAll("[data-seq]")].find((row) => row.offsetTop + row.offsetHeight > box.scrollTop);
  return line && { seq: line.dataset.seq, offset: line.offsetTop - box.scrollTop };
};

export function LogView({ lines, following, onOlder, onNewest }) {
  const box = useRef(null);
  const atEnd = useRef(true);
  const anchor = useRef(null);

  const onScroll = () => {
    const { scrollTop, scrollHeight, clientHeight } = box.current;
    atEnd.current = following && scrollHeight - scrollTop - clientHeight < NEAR_END;
    anchor.current = anchorOf(box.current);
  };

  useLayoutEffect(() => {
    if (atEnd.current && following) {
      box.current.scrollTop = box.current.scrollHeight;
      return;
    }
    const row = anchor.current && box.current.querySelector(`[data-seq="${anchor.current.seq}"]`);
    if (row) box.current.scrollTop = row.offsetTop - anchor.current.offset;
  }, [lines, following]);

  const newest = () => {
    atEnd.current = true;
    onNewest();
  };
  const first = lines[0]?.seq ?? 1;
  const last = lines.at(-1)?.seq ?? 0;
  return (
    <>
      <div className="log-tools">
        <span className="num">{last > 0 ? `Lines ${first} to ${last}` : "No lines yet"}</span>
        <span className="grow" />
        {!following && (
          <button type="button" className="button small" onClick={newest} data-testid="log-newest">
            Newest lines
          </button>
        )}
      </div>
      <div ref={box} className="log-lines" data-testid="log-view" onScroll={onScroll} tabIndex={0} role="log" aria-live="off" aria-label="Log">
        {first > 1 && (
          <button type="button" className="button small log-more" onClick={onOlder} data-testid="log-older">
            Show older lines
          </button>
        )}
        <ol>
          {lines.map((line) => (
            <Line key={line.seq} line={line} />
          ))}
        </ol>
      </div>
    </>
  );
}
