// What a screen reader is told while a card is dragged, and about moves by the menu.

export const INSTRUCTIONS =
  "Press space to lift the card, the arrow keys to move it, space again to drop it, escape to put it back. " +
  "The card's menu has every move, too.";

/** Where a card would be: `index` counts from 0 among `size` cards beside it. */
export const placeIn = (column, index, size) => `${column.title}, place ${index + 1} of ${size}`;

export const lifted = (title, place) => `Lifted ${title}. ${place}.`;
export const over = (place) => (place ? `${place}.` : "Not over a column.");
export const dropped = (title, place) => `${title} is now in ${place}.`;
/** Before a question is answered nothing has moved. */
export const asked = (question) => `A question first: ${question}`;
export const putBack = (title, column) => `${title} is back in ${column.title}.`;
/** Under a sort no place can be chosen. */
export const sortedPlace = (title, column) => `${title} keeps its place in ${column.title}: the cards are sorted.`;
export const atTheEnd = (column) => `${column.title}, at the end of its own order`;
export const merging = (title, column) => `${title} is being merged. It stays in ${column.title} until that is done.`;
