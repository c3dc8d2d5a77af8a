// What the entries of the menus of cards and columns do, wherever they are offered. `board` is what acts on the board go by,
// see `board.jsx`.
import { openPalette } from "./board_link.js";
import { openedCard } from "./card_place.js";
import { moveToEnd, nudge } from "./moves.js";
import { restartQuestion } from "./questions.js";
import { actOnAll } from "./several_acts.js";

/** Acts that open a dialog instead, wherever their button is; those that make no sense any more are refused. */
export const asksFirst = (board, act, id) => {
  const card = board.cards[id];
  if (act === "merge" && card?.can_merge) moveToEnd(board, id, "completed");
  else if (act === "restart" && card?.stages.length > 0) {
    const first = board.columns.find((column) => column.id === card.stages[0])?.title;
    const then = (ticked) => board.operations.act("restart", id, card.attempt_id, ticked ? { remove_old: "true" } : {});
    board.ask({ ...restartQuestion(board.merges, first), then });
  } else return false;
  return true;
};

const actOn = (board, name, id) => board.operations.act(name, id, board.cards[id]?.attempt_id ?? "");

const askToDelete = (board, id) =>
  board.ask({
    title: "Delete this card?",
    text: board.cards[id]?.title,
    confirm: "Delete",
    danger: true,
    then: () => {
      actOn(board, "delete", id);
      if (openedCard() === id) board.leaveCard();
    },
  });

/** What an entry of a card's menu does. */
export const carryOut = (board, entry, id) => {
  if (asksFirst(board, entry, id)) return;
  if (entry.startsWith("move-to-")) {
    moveToEnd(board, id, entry.slice("move-to-".length));
  } else if (entry === "move-up" || entry === "move-down") {
    nudge(board, id, entry === "move-down");
  } else if (entry === "delete") {
    askToDelete(board, id);
  } else if (entry === "select") {
    // A panel that covers the board would hide what is selected.
    if (board.phone && openedCard()) board.leaveCard();
    board.selection.start(id);
  } else if (entry === "copy") {
    openPalette("copy", id);
  } else if (entry === "edit") {
    board.onEdit(id);
  } else if (entry === "patch") {
    board.onPatch(id);
  } else {
    actOn(board, entry, id);
    if (entry === "archive" && openedCard() === id) board.leaveCard();
  }
};

/** What an entry of a column's menu does. */
export const carryOutFor = (board, entry, column) => {
  if (entry === "column-select") board.selection.start();
  else if (entry === "column-limit") board.open({ kind: "limit", column });
  else if (entry === "archive-completed") actOnAll(board, "archive", column.ids);
  else board.navigate("/archive/");
};
