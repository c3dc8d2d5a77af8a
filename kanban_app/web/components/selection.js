// Which cards are selected, as a list of ids with the one that was chosen last at its end. Pure functions.

/** The selection with one card more, or without it. */
export const toggled = (ids, id) => (ids.includes(id) ? ids.filter((other) => other !== id) : [...ids, id]);

/** The selection with all cards from the one chosen last to this one, where both are in one column; else with this one. */
export const ranged = (ids, id, columns) => {
  const column = columns.find((one) => one.ids.includes(id));
  const [from, to] = [column?.ids.indexOf(ids.at(-1)) ?? -1, column?.ids.indexOf(id) ?? -1];
  const between = from < 0 ? [id] : column.ids.slice(Math.min(from, to), Math.max(from, to) + 1);
  const others = ids.filter((other) => !between.includes(other));
  return [...others, ...between.filter((other) => other !== id), id];
};

/** The selected cards that are on the screen, in its order. */
export const inOrder = (ids, columns) => {
  const chosen = new Set(ids);
  return columns.flatMap((column) => column.ids).filter((id) => chosen.has(id));
};

/** The lines of a text that have something in them. */
export const linesOf = (text) =>
  text
    .split(/\r\n|[\n\r]/)
    .map((line) => line.trim())
    .filter(Boolean);
