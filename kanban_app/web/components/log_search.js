// What of a log is shown and found: filter by level and kind, and search in the lines that are held. Pure functions.
import { plain } from "./ansi.js";
import { BLOCK, firstOf, sizeOf } from "./log_lines.js";

/** Kinds as a person chooses them. */
export const GROUPS = [
  { id: "log", label: "Output", kinds: ["log", "other"] },
  { id: "text", label: "Agent text", kinds: ["text"] },
  { id: "thinking", label: "Thinking", kinds: ["thinking"] },
  { id: "tool", label: "Tools", kinds: ["tool_use", "tool_result"] },
  { id: "file", label: "Files", kinds: ["file"] },
  { id: "state", label: "Stages and states", kinds: ["stage", "status"] },
];
const GROUP_OF = Object.fromEntries(GROUPS.flatMap(({ id, kinds }) => kinds.map((kind) => [kind, id])));
const SHOWN_LEVELS = { all: null, warning: new Set(["warning", "error"]), error: new Set(["error"]) };

export const EVERYTHING = { level: "all", hidden: "" };
/** What agents do, with the stages in which they do it. A filter with `only` lets no other kinds through. */
export const AGENT = { level: "all", hidden: "", only: "stage thinking text tool_use tool_result file" };

const kindsOnly = new Map();

const onlyOf = (filter) => {
  if (!kindsOnly.has(filter.only)) kindsOnly.set(filter.only, new Set(filter.only.split(" ")));
  return kindsOnly.get(filter.only);
};

/** What to ask the server for: the kinds and levels that a filter lets through, all where none are named. */
export const wantedOf = (filter) => {
  const levels = SHOWN_LEVELS[filter.level] ? [...SHOWN_LEVELS[filter.level]] : [];
  if (filter.only) return { kinds: [...onlyOf(filter)], levels };
  const kinds = filter.hidden === "" ? [] : GROUPS.filter(({ id }) => !hides(filter, id)).flatMap((group) => group.kinds);
  return { kinds, levels };
};

/** Whether a filter lets nothing through at all. */
export const hidesAll = (filter) => GROUPS.every(({ id }) => hides(filter, id));

/** A filter's name for what was searched through for it. */
export const keyOf = (filter) => `${filter.level} ${filter.hidden} ${filter.only ?? ""}`;

/** A filter as a value that can be compared: `hidden` is the sorted ids of the hidden groups. */
export const withGroup = (filter, id, shown) => {
  const hidden = new Set(filter.hidden.split(" ").filter(Boolean));
  if (shown) hidden.delete(id);
  else hidden.add(id);
  return { ...filter, hidden: [...hidden].sort().join(" ") };
};

export const hides = (filter, id) => filter.hidden.split(" ").includes(id);

export const isFiltering = (filter) => filter.level !== "all" || filter.hidden !== "" || Boolean(filter.only);

/** Whether the filter lets a line through. */
export const passes = (filter, line) => {
  const levels = SHOWN_LEVELS[filter.level];
  if (filter.only && !onlyOf(filter).has(line.kind)) return false;
  return (!levels || levels.has(line.level)) && !hides(filter, GROUP_OF[line.kind] ?? "log");
};

/** Whether a row is shown: a tool call also for the sake of its result. */
const isShown = (filter, line, joins) => {
  const result = joins.resultOf.get(line.seq);
  return passes(filter, line) || (result !== undefined && passes(filter, result));
};

/** The rows of a block from top to bottom: lines, and {hole, to} for numbers that are not held. No holes under a filter. */
export const rowsOf = (log, index, joins, filter) => {
  const lines = log.blocks.get(index)?.lines;
  const size = sizeOf(log, index);
  const filtering = isFiltering(filter);
  const rows = [];
  for (let place = 0; place < size; place += 1) {
    const line = lines?.[place];
    if (line) {
      if (!joins.callOf.has(line.seq) && (!filtering || isShown(filter, line, joins))) rows.push(line);
    } else if (!filtering) {
      const seq = firstOf(index) + place;
      if (rows.at(-1)?.to === seq - 1) rows.at(-1).to = seq;
      else rows.push({ hole: seq, to: seq });
    }
  }
  return rows;
};

/** What a search looks at in a line. */
export const searchable = (line) => plain(line.message).toLowerCase();

const folded = new WeakMap();
const knownHits = new WeakMap();

const foldedBlock = (block) => {
  let texts = folded.get(block);
  if (!texts) {
    texts = block.lines.map((line) => line && searchable(line));
    folded.set(block, texts);
  }
  return texts;
};

const hitsInBlock = (block, wanted, filter) => {
  const known = knownHits.get(block);
  if (known?.wanted === wanted && known.filter === filter) return known.hits;
  const texts = foldedBlock(block);
  const hits = [];
  for (let place = 0; place < BLOCK; place += 1) {
    if (texts[place]?.includes(wanted) && passes(filter, block.lines[place])) hits.push(firstOf(block.index) + place);
  }
  knownHits.set(block, { wanted, filter, hits });
  return hits;
};

/** The numbers of held lines that have the query in their text and pass the filter, in ascending order. */
export const hitsOf = (log, query, filter) => {
  const wanted = query.toLowerCase();
  if (!wanted) return [];
  const blocks = [...log.blocks.values()].sort((a, b) => a.index - b.index);
  return blocks.flatMap((block) => hitsInBlock(block, wanted, filter));
};

/** The hit after (`step` 1) or before (-1) number `from`, round the ends; 0 where there is none. */
export const nextHit = (hits, from, step) => {
  if (hits.length === 0) return 0;
  if (step > 0) return hits.find((seq) => seq > from) ?? hits[0];
  return hits.findLast((seq) => seq < from) ?? hits.at(-1);
};

/** All hits: those that the server has found up to line `upTo`, and those of the held lines that came after it. */
export const allHits = (found, held) => {
  if (!found || found.state !== "done") return held;
  const fresh = held.filter((seq) => seq > found.upTo);
  return fresh.length > 0 ? [...found.seqs, ...fresh] : found.seqs;
};

const SPEECH = new Set(["thinking", "text"]);

/** Whether a row begins another turn of an agent: it thinks or speaks after it, or something else, was done. */
export const beginsTurn = (kind, before) => SPEECH.has(kind) && !SPEECH.has(before);

/** Parts of a text ({text, className}) cut where the query begins and ends; what it covers has `found`. */
export const marked = (parts, query) => {
  const wanted = query.toLowerCase();
  const text = parts.map((part) => part.text).join("");
  const low = text.toLowerCase();
  // Lower case can be longer than the text, and then its places are of no use here.
  if (!wanted || low.length !== text.length) return parts;
  const cuts = [];
  for (let at = low.indexOf(wanted); at >= 0; at = low.indexOf(wanted, at + wanted.length)) cuts.push(at, at + wanted.length);
  if (cuts.length === 0) return parts;
  const found = [];
  let start = 0;
  let next = 0;
  for (const part of parts) {
    const end = start + part.text.length;
    let from = start;
    while (next < cuts.length && cuts[next] < end) {
      const cut = Math.max(cuts[next], from);
      if (cut > from) found.push({ ...part, text: text.slice(from, cut), found: next % 2 === 1 });
      from = cut;
      next += 1;
    }
    if (end > from) found.push({ ...part, text: text.slice(from, end), found: next % 2 === 1 });
    start = end;
  }
  return found;
};

const clock = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium" });

/** The held lines that pass the filter as text, one a line, each with its time and level. */
export const asText = (log, filter) => {
  const texts = [];
  for (const index of [...log.blocks.keys()].sort((a, b) => a - b)) {
    for (const line of log.blocks.get(index).lines) {
      if (line && passes(filter, line)) texts.push(`${clock.format(line.at)} ${line.level.padEnd(7)} ${plain(line.message)}`);
    }
  }
  return texts;
};
