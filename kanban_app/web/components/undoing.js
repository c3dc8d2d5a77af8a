// Undo and redo: by keys, and by the buttons of messages. Each tab has its own stacks, in sessionStorage; whether an
// operation can be taken back is the server's decision.
import { useCallback, useEffect, useRef } from "react";
import { keyInProject } from "./project.js";
import { useShortcuts } from "./shortcut_keys.js";
import { done, forgotten, read, turned } from "./undo_stack.js";

const KEY = keyInProject("kanban.undo");
const SAVED = keyInProject("kanban.undo-saved");
const KEPT = ["delete", "archive", "start-over", "start-from-first", "remove-image", "rename-image"];

const stored = (key) => {
  try {
    return sessionStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
};

const store = (key, text) => {
  try {
    sessionStorage.setItem(key, text);
  } catch {
    // A full or forbidden storage costs the keys their memory; the buttons of messages work all the same.
  }
};

const change = (step) => store(KEY, JSON.stringify(step(read(stored(KEY)))));

/**
 * The operations, with what they do remembered. `acked` maps operations to what became of them, `saved` has those that
 * forms have made.
 */
export const useUndo = ({ operations, acked, saved }) => {
  const now = useRef({});
  now.current = { operations };
  const about = useRef({});

  const take = useCallback((entry, way, stop) => {
    const redo = way === "redo";
    const op = now.current.operations.act(way, entry.id, "", { of: entry.op, stop });
    if (!op) return;
    about.current[op] = entry.op;
    change((stacks) => turned(stacks, entry, redo));
  }, []);

  useEffect(() => {
    for (const [op, outcome] of Object.entries(acked)) {
      if (outcome === "refused") change((stacks) => forgotten(stacks, about.current[op] ?? op));
      if (outcome !== "unknown") delete about.current[op];
    }
  }, [acked]);

  useEffect(() => {
    const seen = saved.findIndex((entry) => entry.op === stored(SAVED));
    for (const entry of saved.slice(seen + 1)) change((stacks) => done(stacks, entry));
    if (saved.length > 0) store(SAVED, saved.at(-1).op);
  }, [saved]);

  const takeLast = (way) => {
    const entry = read(stored(KEY))[way].at(-1);
    if (entry) take(entry, way, "false");
    return entry !== undefined;
  };
  useShortcuts({ undo: () => takeLast("undo"), redo: () => takeLast("redo") });

  useEffect(() => {
    const onPress = (event) => {
      const button = event.target.closest("button[data-take-back]");
      if (!button) return;
      const { takeBack: op, ofCard: id, stop, testid } = button.dataset;
      take({ op, id }, testid, stop);
    };
    document.addEventListener("click", onPress);
    return () => document.removeEventListener("click", onPress);
  }, []);

  const move = useCallback((id, column, after) => {
    const op = now.current.operations.move(id, column, after);
    if (op) change((stacks) => done(stacks, { op, id }));
    return op;
  }, []);
  const act = useCallback((name, id, attempt, wish) => {
    const op = now.current.operations.act(name, id, attempt, wish);
    if (op && (KEPT.includes(name) || name.startsWith("bulk-"))) change((stacks) => done(stacks, { op, id }));
    return op;
  }, []);

  return { ...operations, move, act };
};
