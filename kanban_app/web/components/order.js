// The order of the board as this tab shows it: what the server says, and on top of it the moves that the server has
// not acknowledged yet. Pure functions; nothing here knows React, the page or the network.
//
// A column is {id, title, ids, count}. A move is {op, id, column, after}: the card `id` goes to `column`, below the
// card `after`, or to the top when `after` is null.

/** The place of a move in a list that no longer holds the moved card; the end when the card above it is gone. */
const placeOf = (ids, after) => {
  if (after === null) return 0;
  const above = ids.indexOf(after);
  return above < 0 ? ids.length : above + 1;
};

/** The columns with one move applied. Columns that it does not touch keep their identity. */
export const applyMove = (columns, move) => {
  if (!columns.some((column) => column.id === move.column)) return columns;
  return columns.map((column) => {
    const holds = column.ids.includes(move.id);
    if (!holds && column.id !== move.column) return column;
    const ids = column.ids.filter((id) => id !== move.id);
    if (column.id === move.column) ids.splice(placeOf(ids, move.after), 0, move.id);
    return { ...column, ids, count: ids.length };
  });
};

/** The columns with moves applied in the order in which they were made. Moves of cards that are gone do nothing. */
export const applyMoves = (columns, moves) => {
  if (moves.length === 0) return columns;
  const known = new Set(columns.flatMap((column) => column.ids));
  return moves.filter((move) => known.has(move.id)).reduce(applyMove, columns);
};

/** Whether the server has said what became of an operation. */
export const isSettled = (outcome) => outcome === "applied" || outcome === "refused";

/** The operations that are still open, given the server's acknowledgements {op: outcome}. */
export const openOperations = (operations, acked) => operations.filter((operation) => !isSettled(acked[operation.op]));

// What of a wish makes it another one: a second label is no repeat of the first.
const TOLD_APART = ["of", "image", "ids", "column", "label", "limit"];
const isAlike = (one, other) => TOLD_APART.every((name) => one?.[name] === other?.[name]);

/** Whether a wish is open already: pressing a button again before the answer asks for nothing new. */
export const isRepeat = (open, wish) =>
  wish.act !== "move" &&
  open.some(
    (operation) => operation.act === wish.act && operation.id === wish.id && isAlike(operation.wish, wish.wish),
  );

/** The column that holds a card, or undefined. */
export const columnOf = (columns, id) => columns.find((column) => column.ids.includes(id));

/** What a drop at `index` of the shown cards means: the id of the card above it, or null for the top. */
export const cardAbove = (shownIds, id, index) => {
  const others = shownIds.filter((other) => other !== id);
  return index > 0 ? (others[index - 1] ?? null) : null;
};
