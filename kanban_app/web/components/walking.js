// From card to card with the arrow keys. Pure functions.
//
// The columns are {id, cards}, with the ids of those cards that are on the screen.

const SIDEWAYS = { left: -1, right: 1 };
const UPRIGHT = { up: -1, down: 1 };

/** The card next to one, "up", "down", "left" or "right" of it: {column, id}; null where the board ends. */
export const neighbour = (columns, id, way) => {
  const at = columns.findIndex((column) => column.cards.includes(id));
  if (at < 0) return null;
  const { id: column, cards } = columns[at];
  const place = cards.indexOf(id);
  if (way in UPRIGHT) return place + UPRIGHT[way] in cards ? { column, id: cards[place + UPRIGHT[way]] } : null;
  for (let next = at + SIDEWAYS[way]; next in columns; next += SIDEWAYS[way]) {
    const beside = columns[next].cards;
    if (beside.length > 0) return { column: columns[next].id, id: beside[Math.min(place, beside.length - 1)] };
  }
  return null;
};
