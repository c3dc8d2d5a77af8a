// What is done with several cards at once: the selected ones, those of a column, and those that are added. `board` is what
// acts on the board go by, see `board.jsx`.
import { openedCard } from "./card_place.js";
import { newId } from "./operations.js";
import { MOST_LINES } from "./quick_add.jsx";
import { AT_ONCE, cardCount, questionForAll } from "./several.jsx";

const LEAVES = ["archive", "delete"];

/** One act for all of these cards; it is taken back as one. */
export const actOnAll = (board, act, ids, wish) => {
  const some = ids.slice(0, AT_ONCE);
  if (some.length > 0) board.operations.act(`bulk-${act}`, some[0], "", { ids: some.join(), ...wish });
  if (LEAVES.includes(act) && some.includes(openedCard())) board.leaveCard();
};

const actAndClear = (board, act, wish) => {
  actOnAll(board, act, board.picked, wish);
  board.selection.clear();
};

/** What a button of the selection's bar does. */
export const actOnPicked = (board, act) => {
  if (act === "clear") board.selection.clear();
  else if (act === "delete") {
    board.ask({
      title: `Delete ${cardCount(board.picked.length)}?`,
      text: "They go to the bin, from where they can be restored.",
      confirm: "Delete",
      danger: true,
      then: () => actAndClear(board, "delete"),
    });
  } else if (act === "archive") actAndClear(board, "archive");
  else board.open({ kind: act });
};

export const movePicked = (board, column) => {
  const then = () => actAndClear(board, "move", { column: column.id });
  const question = questionForAll(board.picked.map((id) => board.cards[id]).filter(Boolean), column);
  if (question) board.ask({ ...question, then });
  else then();
};

/** A card of each line; gives the operation. */
export const addCards = (board, lines) => board.operations.act("quick-add", newId(), "", { lines: lines.join("\n") });

export const askForCards = (board, lines) => {
  const some = lines.slice(0, MOST_LINES);
  const left = lines.length - some.length;
  board.ask({
    title: `Add ${some.length} cards?`,
    text: `Each line becomes a card.${left > 0 ? ` The last ${left} of the ${lines.length} lines are left out.` : ""}`,
    confirm: `Add ${some.length} cards`,
    then: () => addCards(board, some),
  });
};
