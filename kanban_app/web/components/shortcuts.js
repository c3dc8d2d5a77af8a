// The keys of the board, in one table: what the keyboard does, what the help sheet shows and what README says. Pure.
//
// A key is written as "n", "?", "ArrowDown", "Mod+Shift+z" (Mod is Ctrl, on a Mac Cmd). What is `native` the browser,
// or the thing that is open, does by itself. What is `ofCard` is an entry of the card's menu.

export const SHORTCUTS = [
  {
    group: "Everywhere",
    rows: [
      { id: "palette", keys: ["Mod+k"], words: "Commands and cards" },
      { id: "find", keys: ["/"], words: "Search" },
      { id: "new", keys: ["n"], words: "New card" },
      { id: "undo", keys: ["Mod+z"], words: "Undo" },
      { id: "redo", keys: ["Mod+Shift+z", "Ctrl+y"], words: "Redo" },
      { id: "messages", keys: ["F8"], words: "To the newest message", native: true },
      { id: "help", keys: ["?"], words: "Keyboard shortcuts" },
    ],
  },
  {
    group: "From card to card",
    rows: [
      { id: "down", keys: ["j", "ArrowDown"], words: "Next card", repeats: true },
      { id: "up", keys: ["k", "ArrowUp"], words: "Card before", repeats: true },
      { id: "left", keys: ["h", "ArrowLeft"], words: "Column to the left", repeats: true },
      { id: "right", keys: ["l", "ArrowRight"], words: "Column to the right", repeats: true },
      { id: "open", keys: ["Enter"], words: "Open the card", native: true },
      { id: "back", keys: ["Escape"], words: "Close what is open", native: true },
    ],
  },
  {
    group: "With the card in focus, or the open one",
    rows: [
      { id: "actions", keys: ["a"], words: "All actions" },
      { id: "move", keys: ["m"], words: "Move to…" },
      { id: "start", keys: ["s"], words: "Start", ofCard: true },
      { id: "retry", keys: ["r"], words: "Retry", ofCard: true },
      { id: "patch", keys: ["p"], words: "Patch…", ofCard: true },
      { id: "edit", keys: ["e"], words: "Edit", ofCard: true },
      { id: "copy", keys: ["c"], words: "Copy…", ofCard: true },
      { id: "select", keys: ["x"], words: "Select, or not" },
    ],
  },
];

const ROWS = SHORTCUTS.flatMap(({ rows }) => rows);
const NAMES = { ArrowDown: "Down", ArrowUp: "Up", ArrowLeft: "Left", ArrowRight: "Right" };

/** The row of an id. */
export const rowOf = (id) => ROWS.find((row) => row.id === id);

const isSingle = (key) => [...key].length === 1;

/** A letter needs Shift to be as it is written; of signs every layout has its own ("?" is Shift and something). */
const isPressed = (key, event) => {
  const parts = key.split("+");
  const name = parts.at(-1);
  const [ctrl, meta] = [event.ctrlKey, event.metaKey];
  const held = parts.includes("Mod") ? ctrl !== meta : ctrl === parts.includes("Ctrl") && !meta;
  const sign = isSingle(name) && !/[a-z]/.test(name);
  const pressed = isSingle(event.key) ? event.key.toLowerCase() : event.key;
  return held && !event.altKey && pressed === name && (sign || event.shiftKey === parts.includes("Shift"));
};

/** The id of what a key does, undefined for other keys; `single` tells whether single signs count. */
export const shortcutOf = (event, single) =>
  ROWS.find(({ native, keys }) => !native && keys.some((key) => (single || !isSingle(key)) && isPressed(key, event)))?.id;

/** A key as people call it. */
export const nameOf = (key, mac) =>
  key
    .split("+")
    .map((part) => (part === "Mod" ? (mac ? "Cmd" : "Ctrl") : isSingle(part) ? part.toUpperCase() : (NAMES[part] ?? part)))
    .join("+");
