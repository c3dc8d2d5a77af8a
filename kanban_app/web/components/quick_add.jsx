// A line at the top of the backlog in which a card is written down: Enter adds it, several pasted lines are several cards.
import { createContext, useContext, useEffect, useRef, useState } from "react";
import { linesOf } from "./selection.js";

/** How many cards are made of one paste. */
export const MOST_LINES = 50;
const LONGEST = 2000;

/** What became of operations (see `operations.js`); a context, so that the columns are not drawn anew for it. */
export const Acked = createContext({});

/** {op, lines}: lines, one below the other, that an operation has found no room for. */
export const Left = createContext({ op: "", lines: "" });

/** What of several lines did not fit, until it is added or let go. */
function LeftOver({ column, onAdd }) {
  const { op, lines: text } = useContext(Left);
  const [done, setDone] = useState("");
  const lines = text && op !== done ? text.split("\n") : [];
  if (lines.length === 0) return null;
  return (
    <div className="quick-left" role="status" data-testid="quick-left">
      <p>
        {column} is full. Not added: {lines.length === 1 ? "1 line" : `${lines.length} lines`}
      </p>
      <ul>
        {lines.map((line, at) => (
          <li key={at}>{line}</li>
        ))}
      </ul>
      <div className="card-actions">
        <button
          type="button"
          className="button small"
          data-testid="quick-left-again"
          onClick={() => {
            setDone(op);
            onAdd(lines);
          }}
        >
          Try again
        </button>
        <button type="button" className="button small" data-testid="quick-left-discard" onClick={() => setDone(op)}>
          Discard
        </button>
      </div>
    </div>
  );
}

/** `column` is what the backlog is called. `onAdd` takes lines and gives the operation; `onAsk` asks about several of them first. */
export function QuickAdd({ column, onAdd, onAsk }) {
  const acked = useContext(Acked);
  const [text, setText] = useState("");
  const sent = useRef({});
  useEffect(() => {
    for (const [op, line] of Object.entries(sent.current)) {
      if (acked[op] === "refused") setText((typed) => typed || line);
      if (["applied", "refused"].includes(acked[op])) delete sent.current[op];
    }
  }, [acked]);

  const submit = (event) => {
    event.preventDefault();
    const line = text.trim();
    if (!line) return;
    const op = onAdd([line]);
    if (op) sent.current[op] = line;
    setText("");
  };
  const paste = (event) => {
    const lines = linesOf(event.clipboardData.getData("text"));
    if (lines.length < 2) return;
    event.preventDefault();
    onAsk(lines);
  };
  return (
    <>
    <LeftOver column={column} onAdd={onAdd} />
    <form className="quick-add" onSubmit={submit}>
      <input
        type="text"
        aria-label={`Add a card to ${column}`}
        placeholder="Add a card"
        autoComplete="off"
        enterKeyHint="done"
        maxLength={LONGEST}
        data-testid="quick-add"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onPaste={paste}
      />
    </form>
    </>
  );
}
