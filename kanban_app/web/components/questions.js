// Moves that are asked about before they are sent. What the server will refuse is not asked about: the refusal says why.

const ACTIVE = ["sending", "uncertain", "running", "waiting"];

/** What to ask before `card` goes to `column`, or null when it just goes. */
export const questionFor = (card, column) => {
  if (!card || card.column === column) return null;
  if (column === "completed" && !ACTIVE.includes(card.status)) {
    return {
      title: "Mark as complete?",
      text: "The card counts as done. Nothing is merged, and its branch stays as it is.",
      confirm: "Mark as complete",
    };
  }
  if (column === "backlog" && card.status === "running" && card.can_cancel) {
    return {
      title: "Stop the run and park the card?",
      text: "The run ends now. What it has written so far stays on its branch.",
      confirm: "Stop and park",
      danger: true,
    };
  }
  return null;
};
