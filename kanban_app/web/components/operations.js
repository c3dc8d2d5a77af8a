// Moves that this tab has made and the server has not acknowledged. They are kept in sessionStorage, so that a reload
// or a cut socket leads to a question ("what became of these?") and never to a card that stays where it is not.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { openMoves } from "./order.js";

const KEY = "kanban.open-moves";
const LATE_MS = 5000;

const isMove = (move) =>
  typeof move?.op === "string" &&
  typeof move.id === "string" &&
  typeof move.column === "string" &&
  (move.after === null || typeof move.after === "string");

const load = () => {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter(isMove) : [];
  } catch {
    return [];
  }
};

const save = (moves) => {
  try {
    if (moves.length > 0) sessionStorage.setItem(KEY, JSON.stringify(moves));
    else sessionStorage.removeItem(KEY);
  } catch {
    // A full or forbidden storage costs the question after a reload, nothing else.
  }
};

/** A version 4 uuid; crypto.randomUUID exists only on https and localhost, and boards are opened over a LAN too. */
const newId = () => {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
};

/**
 * The open moves, oldest first, and a function that makes one.
 *
 * `acked` maps operations to "applied", "refused" or "unknown"; `hydrations` changes whenever the server has sent the
 * board anew, `asked` whenever it has answered a question.
 */
export const useOperations = ({ acked, asked, hydrations, onMove, onAsk }) => {
  const [moves, setMoves] = useState(load);
  const open = useMemo(() => openMoves(moves, acked), [moves, acked]);
  const now = useRef({});
  now.current = { open, acked, onMove, onAsk };

  const ask = useCallback(() => {
    const { open, onAsk } = now.current;
    if (open.length > 0) onAsk(open.map((move) => move.op));
  }, []);

  useEffect(() => save(open), [open]);
  useEffect(() => setMoves((all) => (openMoves(all, acked).length < all.length ? openMoves(all, acked) : all)), [acked]);
  useEffect(ask, [hydrations]);
  useEffect(() => {
    const { open, acked, onMove } = now.current;
    for (const move of open) {
      if (acked[move.op] === "unknown") onMove(move.op, move.id, move.column, move.after);
    }
  }, [asked]);
  useEffect(() => {
    if (open.length === 0) return undefined;
    const timer = setInterval(ask, LATE_MS);
    return () => clearInterval(timer);
  }, [open, ask]);

  const request = useCallback((id, column, after) => {
    const move = { op: newId(), id, column, after };
    setMoves((all) => [...all, move]);
    // Kept before it is sent: the tab may be gone before React has rendered.
    save([...now.current.open, move]);
    now.current.onMove(move.op, id, column, after);
  }, []);

  return { open, request };
};
