// What this tab has asked for and the server has not acknowledged: moves and acts (start, retry, cancel, delete and the
// decisions about a start). They are kept in sessionStorage, so that a reload or a cut socket leads to a question ("what
// became of these?") and never to a card that stays where it is not, nor to a second run.
//
// An operation is {op, act, id} with the card `id`; a move has `column` and `after` too, every other act the `attempt`
// that the card had when the button was pressed, and `wish` (texts by name) where a dialog has asked for more. An undo
// or redo has the operation that it is about in `wish.of`. An act for several cards has their ids in `wish.ids`; it, a
// quick card and a column's limit have no card, and `id` is what tells them from others of their kind.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { isRepeat, openOperations } from "./order.js";
import { keyInProject } from "./project.js";

const KEY = keyInProject("kanban.open-operations");
const LATE_MS = 5000;

const OF_THE_BOARD = /^(bulk-|quick-add$|limit$|duplicate$)/;

const isText = (value) => typeof value === "string";

const isOperation = (kept) => {
  if (!isText(kept?.op) || !isText(kept.act) || !isText(kept.id)) return false;
  if (kept.act !== "move") return isText(kept.attempt) && Object.values(kept.wish ?? {}).every(isText);
  return isText(kept.column) && (kept.after === null || isText(kept.after));
};

const load = () => {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter(isOperation) : [];
  } catch {
    return [];
  }
};

const save = (operations) => {
  try {
    if (operations.length > 0) sessionStorage.setItem(KEY, JSON.stringify(operations));
    else sessionStorage.removeItem(KEY);
  } catch {
    // A full or forbidden storage costs the question after a reload, nothing else.
  }
};

/** A version 4 uuid; crypto.randomUUID exists only on https and localhost, and boards are opened over a LAN too. */
export const newId = () => {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
};

/**
 * The open operations, oldest first, and functions that begin one and give back its id.
 *
 * `acked` maps operations to "applied", "refused" or "unknown"; `hydrations` changes whenever the server has sent the
 * board anew, `asked` whenever it has answered a question.
 */
export const useOperations = ({ acked, asked, hydrations, onMove, onAct, onAsk, onTakeBack, onSeveral }) => {
  const [all, setAll] = useState(load);
  const open = useMemo(() => openOperations(all, acked), [all, acked]);
  const moves = useMemo(() => open.filter((operation) => operation.act === "move"), [open]);
  const now = useRef({});
  now.current = { open, acked, onMove, onAct, onAsk, onTakeBack, onSeveral };

  const send = useCallback((operation) => {
    const { op, act, id, column, after, attempt, wish } = operation;
    if (act === "move") now.current.onMove(op, id, column, after);
    else if (wish?.of) now.current.onTakeBack(op, act, id, wish);
    else if (OF_THE_BOARD.test(act)) now.current.onSeveral(op, act, id, wish ?? {});
    else now.current.onAct(op, act, id, attempt, wish ?? {});
  }, []);
  const ask = useCallback(() => {
    const { open, onAsk } = now.current;
    if (open.length > 0) onAsk(open.map((operation) => operation.op));
  }, []);

  useEffect(() => save(open), [open]);
  useEffect(
    () => setAll((kept) => (openOperations(kept, acked).length < kept.length ? openOperations(kept, acked) : kept)),
    [acked],
  );
  useEffect(ask, [hydrations]);
  useEffect(() => {
    const { open, acked } = now.current;
    for (const operation of open) {
      if (acked[operation.op] === "unknown") send(operation);
    }
  }, [asked]);
  useEffect(() => {
    if (open.length === 0) return undefined;
    const timer = setInterval(ask, LATE_MS);
    return () => clearInterval(timer);
  }, [open, ask]);

  const begin = useCallback((wish) => {
    if (isRepeat(now.current.open, wish)) return undefined;
    const operation = { op: newId(), ...wish };
    now.current.open = [...now.current.open, operation];
    setAll((kept) => [...kept, operation]);
    // Kept before it is sent: the tab may be gone before React has rendered.
    save(now.current.open);
    send(operation);
    return operation.op;
  }, []);
  const move = useCallback((id, column, after) => begin({ act: "move", id, column, after }), []);
  const act = useCallback((name, id, attempt, wish) => begin({ act: name, id, attempt, wish }), []);

  return { open, moves, move, act };
};
