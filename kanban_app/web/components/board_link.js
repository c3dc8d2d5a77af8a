// What the commands need of the board, and the board of the commands: each is rendered on its own.
import { slot } from "./slot.js";

const board = slot();
const palette = slot();
const message = slot();
let saidSoFar = 0;

/** {cards, columns, entriesOf(id), choose(entry, id), open(id, tab), leave(), showColumn(id)}; null without a board. */
export const tellBoard = board.put;
export const boardNow = board.now;
export const useBoard = board.use;

/** The palette as it is open: {step, id} with the card that it is about, if any; null while it is closed. */
export const openPalette = (step = "all", id = "") => palette.put({ step, id });
export const closePalette = () => palette.put(null);
export const usePalette = palette.use;

/** A calm word to the person: {title, text}, with `byHand` for a text that they have to copy themselves. */
export const say = (said) => message.put(said && { ...said, number: (saidSoFar += 1) });
export const useSaid = message.use;
