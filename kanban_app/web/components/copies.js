// What can be copied of a card: names, its address, and commands that are ready to be run. Pure functions.

const UNSAFE = /[\p{Cc}\p{Cf}]/u;

/** A text as one word of a POSIX shell. */
export const quoted = (text) => (/^[\w./@%+:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

/** Branches have their names from services: what could be anything but a name is not made part of a command. */
const isBranch = (branch) => branch !== "" && !branch.startsWith("-") && !UNSAFE.test(branch);

/** [{id, label, text}] of what a card has; `origin` is the address of the board. */
export const copiesOf = (card, origin) => [
  { id: "copy-link", label: "Link to the card", text: `${origin}/?card=${card.id}` },
  ...(isBranch(card.branch)
    ? [
        { id: "copy-branch", label: "Branch", text: card.branch },
        { id: "copy-checkout", label: "Command to check out the branch", text: `git checkout ${quoted(card.branch)}` },
      ]
    : []),
  ...(card.run_id ? [{ id: "copy-run", label: "Run id", text: card.run_id }] : []),
  { id: "copy-title", label: "Number and title", text: `#${card.number} ${card.title}` },
  {
    id: "copy-curl",
    label: "curl command for the card's data",
    text: `curl -H "Authorization: Bearer $KANBAN_TOKEN" ${quoted(`${origin}/api/v1/tasks/${card.id}`)}`,
  },
];
