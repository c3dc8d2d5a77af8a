// What this tab can undo and redo: two stacks of {op, id} (an operation and its card). Pure functions.

const MOST = 50;

export const EMPTY = { undo: [], redo: [] };

const without = (entries, op) => entries.filter((entry) => entry.op !== op);
const on = (entries, entry) => [...without(entries, entry.op), entry].slice(-MOST);

/** Something new was done: what was undone before cannot be redone after it. */
export const done = (stacks, entry) => ({ undo: on(stacks.undo, entry), redo: [] });

/** An operation was undone (or, with `redo`, done again): it can go the other way now. */
export const turned = (stacks, entry, redo) => ({
  undo: redo ? on(stacks.undo, entry) : without(stacks.undo, entry.op),
  redo: redo ? without(stacks.redo, entry.op) : on(stacks.redo, entry),
});

/** An operation was refused, or cannot be taken back. */
export const forgotten = (stacks, op) => ({ undo: without(stacks.undo, op), redo: without(stacks.redo, op) });

const isEntry = (entry) => typeof entry?.op === "string" && typeof entry.id === "string";

/** Stacks as they were kept, as far as they are any. */
export const read = (text) => {
  try {
    const { undo, redo } = JSON.parse(text);
    return { undo: undo.filter(isEntry).slice(-MOST), redo: redo.filter(isEntry).slice(-MOST) };
  } catch {
    return EMPTY;
  }
};
