// What the command palette offers, and in which order. Pure functions; nothing here knows React, the page or the network.
//
// An item is {key, group, label, hint, also, keys, does}: `also` shows beside the hint when it is what was looked for,
// `does` is [what, ...about], for the palette to carry out.
import { copiesOf } from "./copies.js";
import { fit, folded, wordsIn } from "./fuzzy.js";
import { rowOf } from "./shortcuts.js";

const MOST = 60;
const MOST_RECENT = 6;
const RECENT_WORTH = 6;
const TO = "move-to-";
const keysOf = (id) => rowOf(id)?.keys ?? [];

const item = (key, group, label, does, more = {}) => ({ key, group, label, hint: "", also: "", keys: [], does, ...more });

/** The entries of a card's menu as sentences of their own: what stands below a heading begins with it. */
const sentences = (entries) => {
  let heading = "";
  return entries.flatMap((entry) => {
    if (entry.heading) heading = entry.heading;
    if (entry.heading || entry.off) return [];
    const to = entry.id.startsWith(TO);
    const label = heading ? `${heading} ${to ? entry.label : entry.label.toLowerCase()}` : entry.label;
    return [{ id: entry.id, label, place: entry.label, to }];
  });
};

const ofCard = ({ board, typed, opened }, id) => {
  const card = board.cards[id];
  if (!card) return [];
  const all = sentences(board.entriesOf(id));
  const group = `#${card.number} ${card.title}`;
  const act = (entry) => (entry.id === "copy" ? ["step", "copy", id] : ["act", entry.id, id]);
  return [
    opened !== id && item("act:open", group, "Open", ["open", id], { keys: keysOf("open") }),
    card.run_id && item("act:log", group, "Open log", ["open", id, "log"]),
    all.some(({ to }) => to) && item("act:move", group, "Move to…", ["step", "move", id], { keys: keysOf("move") }),
    ...all
      .filter(({ to }) => !to || typed)
      .map((entry) => item(`act:${entry.id}`, group, entry.label, act(entry), { keys: keysOf(entry.id) })),
  ].filter(Boolean);
};

const ofBoard = (commands) =>
  commands
    .filter(({ when }) => when !== false)
    .map(({ id, label, step }) => item(`do:${id}`, "Board", label, step ? ["step", step] : ["do", id], { keys: keysOf(id) }));

const cardItem = (card, place) => {
  const hint = [place, card.status === "idle" ? "" : card.status_text, ...card.labels].filter(Boolean).join(" · ");
  return item(`card:${card.id}`, "Cards", `#${card.number} ${card.title}`, ["open", card.id], { hint, also: card.run_id });
};

const ofCards = ({ cards, columns }) => {
  const places = new Map(columns.flatMap(({ ids, title }) => ids.map((id) => [id, title])));
  const newest = Object.values(cards).sort((a, b) => b.number - a.number);
  return newest.map((card) => cardItem(card, places.get(card.id)));
};

/**
 * Everything that a step has. `typed` tells whether there are words, `opened` is the card whose panel is open, `origin`
 * the address of the board.
 */
export const itemsOf = ({ step, id }, around) => {
  const { board, commands, origin } = around;
  const card = board.cards[id];
  if (step === "move") {
    const entries = card ? sentences(board.entriesOf(id)).filter(({ to }) => to) : [];
    return entries.map((entry) => item(`act:${entry.id}`, "Columns", entry.place, ["act", entry.id, id]));
  }
  if (step === "copy") {
    const copies = card ? copiesOf(card, origin) : [];
    return copies.map(({ id: what, label, text }) => item(what, "Copy", label, ["copy", label, text], { hint: text }));
  }
  if (step === "column") {
    return board.columns.map(({ id: column, title, count }) => item(`column:${column}`, "Columns", title, ["column", column], { hint: `${count}` }));
  }
  if (step === "card") return ofCard(around, id);
  return [...ofCard(around, id), ...ofBoard(commands), ...ofCards(board)];
};

/** Items made ready for `found`: this is done once for all the words that are typed. */
export const prepared = (items) =>
  items.map((one) => {
    const hint = one.does[0] === "copy" ? "" : folded(`${one.hint} ${one.also}`);
    return { ...one, folded: { label: folded(one.label), hint } };
  });

/**
 * What fits the words: [{title, items}], each item with its `marks`. The group with the best one comes first. Without
 * words there are the `recent` ones (keys, the newest first) instead of all cards.
 */
export const found = (items, query, recent) => {
  const words = wordsIn(query);
  if (words.length === 0) return grouped(withRecent(items, recent));
  const fits = items.flatMap((one) => {
    const how = fit(words, one.folded);
    const worth = recent.includes(one.key) ? RECENT_WORTH : 0;
    return how ? [{ ...one, ...how, hint: hintFor(one, words), score: how.score + worth }] : [];
  });
  return grouped(fits.sort((a, b) => b.score - a.score).slice(0, MOST));
};

const hintFor = ({ hint, also }, words) => {
  const meant = also && words.some((word) => word.length > 2 && also.includes(word));
  return meant ? [hint, also].filter(Boolean).join(" · ") : hint;
};

const withRecent = (items, recent) => {
  const known = recent.map((key) => items.find((one) => one.key === key)).filter(Boolean);
  const again = known.filter(({ key }) => key.startsWith("card:") || key.startsWith("do:")).slice(0, MOST_RECENT);
  const others = items.filter((one) => one.group !== "Cards" && !again.includes(one));
  const first = others.findIndex(({ group }) => group === "Board");
  const at = first < 0 ? others.length : first;
  return [...others.slice(0, at), ...again.map((one) => ({ ...one, group: "Recent" })), ...others.slice(at)].map((one) => ({ ...one, marks: [] }));
};

const grouped = (items) => {
  const groups = new Map();
  for (const one of items) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
  return [...groups].map(([title, list]) => ({ title, items: list }));
};

/** The keys that were used last, with one more. */
export const remembered = (recent, key) => [key, ...recent.filter((other) => other !== key)].slice(0, 20);
