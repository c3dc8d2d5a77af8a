// What is being looked for: words, filters and a sort, as they stand in the URL, and what of the board they leave.
// Pure functions; nothing here knows React, the page or the network.
//
// A finding is {q, type, label, column, status, sort}: `type`, `label`, `column` and `status` are lists of which a card
// needs one (an empty one asks for nothing).

export const NOTHING = { q: "", type: [], label: [], column: [], status: [], sort: "own" };
export const GROUPS = ["type", "label", "column", "status"];
export const TYPES = [
  ["feature", "Feature"],
  ["bug", "Bug"],
  ["chore", "Chore"],
  ["patch", "Patch"],
];
/** How runs stand, as a person tells them apart. */
export const STATUSES = [
  ["idle", "Not started", ["idle"]],
  ["waiting", "Waiting", ["held", "queued", "sending"]],
  ["running", "Running", ["running", "waiting"]],
  ["undecided", "Needs a decision", ["uncertain"]],
  ["completed", "Completed", ["completed"]],
  ["failed", "Failed", ["failed", "refused"]],
  ["cancelled", "Cancelled", ["cancelled"]],
];
export const SORTS = [
  ["own", "Own order"],
  ["newest", "Newest first"],
  ["priority", "Highest priority first"],
  ["title", "By title"],
];
const LONGEST = 200;
const MOST = 50;

const known = (values, pairs) => values.filter((value) => pairs.some(([id]) => id === value));
const distinct = (values) => [...new Set(values.filter(Boolean))].slice(0, MOST);

export const wordsOf = (q) => q.toLowerCase().split(/\s+/).filter(Boolean);

/** The finding of a query string; what it does not understand is left out. */
export const findingOf = (search) => {
  const params = new URLSearchParams(search);
  const sort = params.get("sort");
  return {
    q: (params.get("q") ?? "").slice(0, LONGEST),
    type: known(distinct(params.getAll("type")), TYPES),
    label: distinct(params.getAll("label")),
    column: distinct(params.getAll("column")),
    status: known(distinct(params.getAll("status")), STATUSES),
    sort: SORTS.some(([id]) => id === sort) ? sort : "own",
  };
};

/** A query string with a finding in it and whatever else it has; "" when that is nothing. */
export const searchWith = (search, finding) => {
  const params = new URLSearchParams(search);
  for (const name of ["q", "sort", ...GROUPS]) params.delete(name);
  if (wordsOf(finding.q).length > 0) params.set("q", finding.q.trim());
  for (const name of GROUPS) for (const value of finding[name]) params.append(name, value);
  if (finding.sort !== "own") params.set("sort", finding.sort);
  const text = params.toString();
  return text ? `?${text}` : "";
};

/** A path of the board, such as "/?card=…", with a finding beside it. */
export const pathWith = (path, finding) => {
  const [before, search = ""] = path.split("?");
  return before + searchWith(search, finding);
};

/** A finding with one choice of a group made or taken back. */
export const toggled = (finding, group, value) => {
  const has = finding[group].includes(value);
  return { ...finding, [group]: has ? finding[group].filter((other) => other !== value) : [...finding[group], value] };
};

/** How many filters are set; words and sort are none. */
export const filterCount = (finding) => GROUPS.reduce((sum, name) => sum + finding[name].length, 0);

/** Whether cards may be missing from the screen. */
export const isNarrowed = (finding) => wordsOf(finding.q).length > 0 || filterCount(finding) > 0;

const textOf = (card) => `${card.title}\n${card.labels.join("\n")}\n${card.run_id}\n#${card.number}`.toLowerCase();

/** Whether all words are in what this tab has of a card. What else a card has, the server has searched. */
const hasWords = (card, words) => {
  const text = textOf(card);
  return words.every((word) => text.includes(word));
};

/** Whether a finding lets a card through, whatever its column; `hits` are {id: …} of the cards that the server has found. */
export const lets = (card, finding, hits) => {
  const statuses = STATUSES.filter(([id]) => finding.status.includes(id)).flatMap(([, , values]) => values);
  const words = wordsOf(finding.q);
  return (
    (finding.type.length === 0 || finding.type.includes(card.type)) &&
    (finding.label.length === 0 || card.labels.some((label) => finding.label.includes(label))) &&
    (statuses.length === 0 || statuses.includes(card.status)) &&
    (words.length === 0 || Object.hasOwn(hits, card.id) || hasWords(card, words))
  );
};

const byTitle = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" }).compare;
const COMPARE = {
  newest: (a, b) => b.number - a.number,
  priority: (a, b) => b.priority - a.priority,
  title: (a, b) => byTitle(a.title, b.title),
};

/** The columns as a finding shows them: `ids` are those shown, `count` stays that of all cards of the column. */
export const arranged = (columns, cards, finding, hits) => {
  const compare = COMPARE[finding.sort];
  if (!compare && !isNarrowed(finding)) return columns;
  return columns.map((column) => {
    // By where the card is shown: a move that is not acknowledged yet is not in the card.
    const wanted = finding.column.length === 0 || finding.column.includes(column.id);
    const ids = wanted ? column.ids.filter((id) => cards[id] && lets(cards[id], finding, hits)) : [];
    if (compare) ids.sort((a, b) => compare(cards[a], cards[b]));
    return { ...column, ids, narrowed: isNarrowed(finding) };
  });
};

/** How many cards a column has, in words where not all of them are shown. */
export const countOf = (column) => (column.narrowed ? `${column.ids.length} of ${column.count}` : `${column.count}`);

/** All labels of cards, and those that are chosen although no card has them any more. */
export const labelsOf = (cards, chosen) =>
  [...new Set([...Object.values(cards).flatMap((card) => card.labels), ...chosen])].sort(byTitle);
