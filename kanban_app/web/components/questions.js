// Moves that are asked about before they are sent. What the server will refuse is not asked about: the refusal says why.

export const ACTIVE = ["sending", "uncertain", "running", "waiting"];

/** What to ask before `card` goes to `column`, or null when it just goes; with `merge` it is what the merge dialog asks. */
export const questionFor = (card, column) => {
  if (!card || card.column === column) return null;
  if (column === "completed" && card.can_merge) return { title: "Merge this card?", merge: card };
  if (column === "completed" && !ACTIVE.includes(card.status)) {
    return {
      title: "Mark as complete?",
      text: "The card counts as done. Nothing is merged, and its branch stays as it is.",
      confirm: "Mark as complete",
    };
  }
  if (column === "backlog" && ["running", "waiting"].includes(card.status) && card.can_cancel) {
    return {
      title: "Stop the run and park the card?",
      text: "The run ends now. What it has written so far stays on its branch.",
      confirm: "Stop and park",
      danger: true,
    };
  }
  return null;
};

/**
 * What to ask before a card begins anew in the column called `first`; `clears` tells whether its service can remove what
 * the last run has left.
 */
export const restartQuestion = (clears, first) => ({
  title: "Start over?",
  text: `A new run begins with ${first}, on a branch of its own. The last run stays in the card's history.`,
  confirm: "Start over",
  option: clears && {
    label: "Remove the old worktree and its files",
    hint: "Its branch stays. Work in it that is not committed is kept in a commit on that branch.",
  },
});
