// Moves of cards, made or asked about first, and told in words. `board` is what acts on the board go by, see `board.jsx`.
import * as say from "./announcements.js";
import { columnOf } from "./order.js";
import { questionFor } from "./questions.js";

/** The place below all other cards of a column, in words. */
export const placeAtEnd = (column, id) => {
  const others = column.ids.filter((other) => other !== id).length;
  return say.placeIn(column, others, others + 1);
};

/** Make a move, or ask about it first; what comes of it goes to `announce`, after the answer where there is one. */
export const moveCard = ({ cards, known, operations, ask, tell }, move, where, announce = tell) => {
  const question = questionFor(cards[move.id], move.column);
  const done = say.dropped(known[move.id].title, where);
  if (question) {
    announce(say.asked(question.title));
    ask({ ...question, move: { op: "", ...move }, done });
  } else {
    announce(done);
    operations.move(move.id, move.column, move.after);
  }
};

export const moveToEnd = (board, id, columnId, announce) => {
  // Below all cards of the column, also those that a search leaves out.
  const target = board.order.find((column) => column.id === columnId);
  const after = target.ids.filter((other) => other !== id).at(-1) ?? null;
  const where = board.sorted ? say.atTheEnd(target) : placeAtEnd(target, id);
  moveCard(board, { id, column: target.id, after }, where, announce);
};

/** One place up or down among the cards of its column. */
export const nudge = (board, id, down) => {
  const column = columnOf(board.shown, id);
  const ids = column.ids.filter((other) => board.known[other]);
  const at = ids.indexOf(id);
  const after = down ? ids[at + 1] : (ids[at - 2] ?? null);
  moveCard(board, { id, column: column.id, after }, say.placeIn(column, at + (down ? 1 : -1), ids.length));
};
