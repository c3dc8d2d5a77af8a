// The lines of one run as this tab holds them: the newest, and those pages of older ones that were looked at. Pure
// functions; nothing here knows React, the page or the network.
//
// Lines are numbered from 1 without holes, so the number of the last one is how many there are; what is not held is
// known to be missing. Old lines may have been removed, from the first on and in whole blocks: `removed` is how many, as
// far as this is known, `kept` says why. A log is {known, last, blocks, gap, removed, kept}: `known` once the server has answered, `blocks` maps the
// index of a block of BLOCK numbers to {index, lines, count}, and `gap` says that lines came which do not connect to
// `last`, so that the server has to be asked for what follows it.

export const BLOCK = 50;
/** How many lines one request brings; a multiple of BLOCK. */
export const PAGE = 200;
/** At most so many blocks are held: the newest TAIL, and beside them those nearest to what is looked at. */
export const KEPT = 400;
export const TAIL = 10;

export const emptyLog = { known: false, last: 0, blocks: new Map(), gap: false, removed: 0, kept: "" };

export const blockOf = (seq) => Math.floor((seq - 1) / BLOCK);

/** The first number of a block. */
export const firstOf = (index) => index * BLOCK + 1;

export const blockCount = (log) => Math.ceil(log.last / BLOCK);

/** How many lines a block has, held or not. */
export const sizeOf = (log, index) => (firstOf(index) <= log.removed ? 0 : Math.max(0, Math.min(BLOCK, log.last - index * BLOCK)));

export const isWhole = (log, index) => (log.blocks.get(index)?.count ?? 0) >= sizeOf(log, index);

export const lineAt = (log, seq) => log.blocks.get(blockOf(seq))?.lines[(seq - 1) % BLOCK];

/** The number of lines held. */
export const heldCount = (log) => {
  let count = 0;
  for (const block of log.blocks.values()) count += block.count;
  return count;
};

/** The log with these lines in it. Blocks that get nothing new keep their identity. */
const withLines = (log, lines, last) => {
  const blocks = new Map(log.blocks);
  const touched = new Set();
  for (const line of lines) {
    if (!(line.seq >= 1 && line.seq <= last)) continue;
    const index = blockOf(line.seq);
    const place = (line.seq - 1) % BLOCK;
    const block = blocks.get(index) ?? { index, lines: new Array(BLOCK), count: 0 };
    if (block.lines[place]) continue;
    const own = touched.has(index) ? block : { index, lines: block.lines.slice(), count: block.count };
    touched.add(index);
    own.lines[place] = line;
    own.count += 1;
    blocks.set(index, own);
  }
  return { ...log, known: true, last, blocks: touched.size > 0 ? blocks : log.blocks };
};

/** The newest lines as the server has them now. What is held of older ones stays, unless the server has fewer. */
export const takeSnapshot = (log, { last, lines, removed = 0, kept = "" }) => {
  const base = last < log.last ? emptyLog : log;
  return { ...withoutFirst(withLines(base, lines, last), removed, kept), gap: false };
};

/** The log without its first lines, which the server does not have any more. */
const withoutFirst = (log, removed, kept = log.kept) => (removed > log.removed ? { ...log, removed: removed - (removed % BLOCK), kept } : log);

const isRow = (lines) => lines.every((line, place) => line.seq === lines[0].seq + place);

/** New lines. Those that are held already change nothing; those that do not connect are left out and make a gap. */
export const takeLines = (log, lines) => {
  const fresh = lines.filter((line) => line.seq > log.last);
  if (fresh.length === 0) return log.known && !log.gap ? log : { ...log, known: true, gap: false };
  if (fresh[0].seq !== log.last + 1 || !isRow(fresh)) return { ...log, gap: true };
  return { ...withLines(log, fresh, fresh.at(-1).seq), gap: false };
};

/** A page of older lines. Newer ones than the log knows of come by themselves and are left out here. */
export const takePage = (log, lines) => withLines(log, lines, log.last);

/** All lines after number `since`, as far as a page goes: what is missing at its beginning was removed. */
export const takeFrom = (log, since, lines) => {
  const first = lines[0]?.seq ?? 0;
  return withoutFirst(takePage(log, lines), first > since + 1 ? first - 1 : 0);
};

/**
 * A search through older lines has held on to all that it looked for from number `from` to `to`: a scan is
 * {of, from, to}. What a further search of the same kind adds; whole blocks only, and one range, the newer one.
 */
export const widened = (scan, of, from, to) => {
  const first = from <= 1 ? 1 : firstOf(blockOf(from - 1) + 1);
  return { of, from: first, to: scan?.of === of && scan.from === to + 1 ? scan.to : to };
};

/** The same for a search that went downwards, and found all up to number `to`. */
export const extended = (scan, of, from, to, last) => {
  const end = to >= last ? last : firstOf(blockOf(to + 1)) - 1;
  return { of, from: scan?.of === of && scan.to === from - 1 ? scan.from : from, to: Math.max(end, from - 1) };
};

/** The scan without what was held of it and is not any more, seen from block `near`. */
export const narrowed = (scan, before, after, near) => {
  let { from, to } = scan;
  for (const index of before.keys()) {
    if (after.has(index)) continue;
    if (index >= near) to = Math.min(to, firstOf(index) - 1);
    else from = Math.max(from, firstOf(index + 1));
  }
  return from <= to ? { ...scan, from, to } : null;
};

/** Where lines may be that are not held: for each such run of blocks {from, to}, by the index of its last block. */
export const gapsOf = (log, scan) => {
  const gaps = new Map();
  let from = null;
  for (let index = 0; index <= blockCount(log); index += 1) {
    const last = firstOf(index) + sizeOf(log, index) - 1;
    const scanned = scan !== null && scan.from <= firstOf(index) && last <= scan.to;
    if (index < blockCount(log) && !scanned && !isWhole(log, index)) from ??= index;
    else if (from !== null) {
      gaps.set(index - 1, { from: firstOf(from), to: firstOf(index - 1) + sizeOf(log, index - 1) - 1 });
      from = null;
    }
  }
  return gaps;
};

/** What to tell the server when following this log (again): the number after which lines are wanted, or null. */
export const heldUpTo = (log) => (log.known ? log.last : null);

/** The pages, by number from 0, that blocks `from` to `to` lack something of. */
export const missingPages = (log, from, to) => {
  const pages = new Set();
  const end = Math.min(to, blockCount(log) - 1);
  for (let index = Math.max(0, from); index <= end; index += 1) {
    if (!isWhole(log, index)) pages.add(Math.floor((index * BLOCK) / PAGE));
  }
  return [...pages];
};

/** The log within its bound: of too many blocks those farthest from block `near` go, never the newest ones. */
export const bounded = (log, near) => {
  if (log.blocks.size <= KEPT) return log;
  const tail = blockCount(log) - TAIL;
  const old = [...log.blocks.keys()].filter((index) => index < tail);
  old.sort((a, b) => Math.abs(a - near) - Math.abs(b - near));
  const kept = new Set(old.slice(0, Math.max(0, KEPT - (log.blocks.size - old.length))));
  const blocks = new Map([...log.blocks].filter(([index]) => index >= tail || kept.has(index)));
  return { ...log, blocks };
};

const NO_TOOLS = [];
const toolsOfBlocks = new WeakMap();

const toolsOf = (block) => {
  let tools = toolsOfBlocks.get(block);
  if (!tools) {
    const found = block.lines.filter((line) => line && (line.kind === "tool_use" || line.kind === "tool_result") && line.data?.id);
    tools = found.length > 0 ? found : NO_TOOLS;
    toolsOfBlocks.set(block, tools);
  }
  return tools;
};

/** Tool calls and their results among these blocks: `resultOf` by the call's number, `callOf` by the result's. */
export const joinTools = (blocks) => {
  const resultOf = new Map();
  const callOf = new Map();
  const open = new Map();
  for (const index of [...blocks.keys()].sort((a, b) => a - b)) {
    for (const line of toolsOf(blocks.get(index))) {
      const { id } = line.data;
      if (line.kind === "tool_use") {
        open.set(id, line.seq);
      } else if (open.has(id)) {
        // The same id comes again when a service tells its history anew: each result belongs to the call before it.
        resultOf.set(open.get(id), line);
        callOf.set(line.seq, open.get(id));
        open.delete(id);
      }
    }
  }
  return { resultOf, callOf };
};

/** Changes when, and only when, `joinTools` of these blocks may come out differently. */
export const toolsKey = (blocks) => [...blocks.values()].map(toolsOf).filter((tools) => tools !== NO_TOOLS);
