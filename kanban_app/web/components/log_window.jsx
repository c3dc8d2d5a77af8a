// The part of the log that is on the page: the blocks in view and a little around them, space for the others above and
// below. Heights are measured as blocks come into view, and the text that is looked at stays where it is whatever
// happens above, below or inside it.
import { memo, useCallback, useEffect, useImperativeHandle, useLayoutEffect, useMemo, useReducer, useRef } from "react";
import { BLOCK, blockCount, blockOf, firstOf, gapsOf, isWhole, sizeOf } from "./log_lines.js";
import { beginsTurn, isFiltering, keyOf, rowsOf } from "./log_search.js";
import { Hole, Row } from "./log_rows.jsx";

const ROW_PX = 22;
const MARGIN_PX = 400;
const NEAR_END_PX = 4;
const GAP_PX = 44;
const PASSES = 8;
const LOOK_BACK = 4;

const number = new Intl.NumberFormat();

const Block = memo(function Block({ index, rows, results, view, current, failed, before }) {
  let last = before;
  const turns = before !== undefined && new Set();
  for (const row of turns ? rows : []) {
    if (beginsTurn(row.kind, last)) turns.add(row);
    last = row.kind;
  }
  return (
    <div className="log-block" data-block={index}>
      {rows.map((row) =>
        row.hole ? (
          <Hole key={`hole ${row.hole}`} from={row.hole} to={row.to} height={(row.to - row.hole + 1) * ROW_PX} failed={failed} />
        ) : (
          <Row key={row.seq} line={row} result={results.get(row.seq)} view={view} current={row.seq === current} turn={turns && turns.has(row)} />
        ),
      )}
    </div>
  );
});

/** With `auto` what is missing is loaded as soon as its place comes near, until that fails. */
function Gap({ from, to, search, auto, onLoad }) {
  useEffect(() => {
    if (auto && search === "") onLoad();
  }, [auto, search, from, to]);
  const which = `Lines ${number.format(from)} to ${number.format(to)}`;
  return (
    <div className="log-gap" style={{ height: GAP_PX }} role="status">
      <span>{search === "failed" ? `${which} could not be loaded` : `${which} are not loaded`}</span>
      <button type="button" className="button small" disabled={search === "busy"} onClick={onLoad}>
        {{ busy: "Loading…", failed: "Try again" }[search] ?? "Load more"}
      </button>
    </div>
  );
}

/** Rows of blocks, the same array as long as nothing in it has changed. */
const useRows = (log, joins, filter) => {
  const cache = useRef({ filter, blocks: new Map() });
  if (cache.current.filter !== filter) cache.current = { filter, blocks: new Map() };
  const { blocks } = cache.current;
  return useCallback(
    (index) => {
      const block = log.blocks.get(index);
      const size = sizeOf(log, index);
      const known = blocks.get(index);
      if (known && known.block === block && known.size === size && known.joins === joins) return known.rows;
      const fresh = rowsOf(log, index, joins, filter);
      const same = known && known.rows.length === fresh.length && fresh.every((row, place) => isSameRow(row, known.rows[place]));
      const rows = same ? known.rows : fresh;
      blocks.set(index, { block, size, joins, rows });
      return rows;
    },
    [log, joins, filter, blocks],
  );
};

const isSameRow = (one, other) => one === other || (one.hole && one.hole === other.hole && one.to === other.to);

/** The topmost row that shows a line and where it stands; where none does, the topmost block. */
const findAnchor = (box) => {
  const { top, bottom } = box.getBoundingClientRect();
  let fallback = null;
  for (const block of box.querySelectorAll("[data-block]")) {
    const place = block.getBoundingClientRect();
    if (place.bottom <= top) continue;
    if (place.top >= bottom) break;
    fallback ??= { block: block.dataset.block, offset: place.top - top };
    const row = firstBelow([...block.querySelectorAll(":scope > [data-row]")], top);
    if (row && row.getBoundingClientRect().top < bottom) return { row: row.dataset.row, offset: row.getBoundingClientRect().top - top };
  }
  return fallback;
};

const firstBelow = (rows, top) => {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].getBoundingClientRect().bottom > top + 1) high = middle;
    else low = middle + 1;
  }
  return rows[low];
};

const elementOf = (box, anchor) =>
  (anchor.row && box.querySelector(`[data-row="${anchor.row}"]`)) ??
  box.querySelector(`[data-block="${anchor.block ?? blockOf(Number(anchor.row))}"]`);

const isReached = (aim, element, log) => (aim.row ? element.dataset.row === String(aim.row) : isWhole(log, aim.block));

/**
 * `following` says whether the end stays in view; `onFollow` is told when the reader leaves the end or comes back to it.
 * `handle` gets {goTo(seq), focus()}. With `turns` the turns of agents are set apart, and what is not held is loaded as
 * it comes near.
 */
export function LogWindow({ log, joins, filter, view, current, failed, scan, search, following, onFollow, feed, handle, turns = false, label = "Log" }) {
  const box = useRef(null);
  const heights = useRef(new Map());
  const anchor = useRef(feed.place?.anchor ?? null);
  // Somewhere that is being gone to: held until its lines are here, or the reader scrolls.
  const aim = useRef(null);
  const setTop = useRef(0);
  const [, repaint] = useReducer((count) => count + 1, 0);
  const rowsIn = useRows(log, joins, filter);
  const filtering = isFiltering(filter);
  const looked = scan?.of === keyOf(filter) ? scan : null;
  const gaps = useMemo(() => (filtering ? gapsOf(log, looked) : null), [filtering, log, looked]);

  const shape = keyOf(filter);
  const shaped = useRef(shape);
  if (shaped.current !== shape) {
    shaped.current = shape;
    heights.current.clear();
  }

  const count = blockCount(log);
  const heightOf = (index) => {
    const rows = filtering && !log.blocks.has(index) ? 0 : filtering ? rowsIn(index).length : sizeOf(log, index);
    const known = heights.current.get(index);
    const gap = gaps?.has(index) ? GAP_PX : 0;
    return gap + (known ? Math.max(0, known.px + (rows - known.rows) * ROW_PX) : rows * ROW_PX);
  };
  const tops = new Float64Array(count + 1);
  for (let index = 0; index < count; index += 1) tops[index + 1] = tops[index] + heightOf(index);

  /** The first and last block between two places. */
  const blocksBetween = (top, bottom) => {
    let [low, high] = [0, Math.max(0, count - 1)];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (tops[middle + 1] > top) high = middle;
      else low = middle + 1;
    }
    let last = low;
    while (last < count - 1 && tops[last + 1] < bottom) last += 1;
    return [low, last];
  };

  const height = box.current?.clientHeight ?? 900;
  const topNow = () => {
    if (following) return Math.max(0, tops[count] - height);
    const goal = aim.current ?? (box.current && elementOf(box.current, anchor.current ?? {}) ? null : anchor.current);
    if (!goal) return box.current?.scrollTop ?? 0;
    const index = goal.block ?? blockOf(Number(goal.row));
    const within = goal.row ? ((Number(goal.row) - firstOf(index)) / BLOCK) * heightOf(index) : 0;
    return tops[Math.min(index, count)] + within - goal.offset;
  };
  const top = topNow();
  const [from, to] = count > 0 ? blocksBetween(top - MARGIN_PX, top + height + MARGIN_PX) : [0, -1];

  /** Where the reader is now, by the text under their eyes. */
  const capture = () => {
    anchor.current = findAnchor(box.current);
    feed.place = { anchor: anchor.current, following };
  };

  const measure = () => {
    let changed = false;
    for (const element of box.current.querySelectorAll("[data-block]")) {
      const index = Number(element.dataset.block);
      const px = element.getBoundingClientRect().height;
      const rows = filtering ? rowsIn(index).length : sizeOf(log, index);
      const known = heights.current.get(index);
      if (known?.px !== px || known.rows !== rows) {
        heights.current.set(index, { px, rows });
        changed ||= known?.px !== px;
      }
    }
    return changed;
  };

  const passes = useRef(0);
  useLayoutEffect(() => {
    const element = box.current;
    const changed = measure();
    const goal = aim.current ?? anchor.current;
    const found = !following && goal && elementOf(element, goal);
    if (following) element.scrollTop = element.scrollHeight;
    else if (found) {
      const moved = found.getBoundingClientRect().top - element.getBoundingClientRect().top - goal.offset;
      if (Math.abs(moved) >= 0.5) element.scrollTop += moved;
    } else if (goal) element.scrollTop = top;
    if (aim.current && found && isReached(aim.current, found, log)) aim.current = null;
    setTop.current = element.scrollTop;
    if (!aim.current) capture();
    // Under a filter thousands of blocks that are not held have no height: they are loaded on demand.
    feed.look(from, to, !filtering);
    const [first, last] = count > 0 ? blocksBetween(element.scrollTop, element.scrollTop + element.clientHeight) : [0, -1];
    const lacks = first < from || last > to;
    passes.current = changed || lacks ? passes.current + 1 : 0;
    if ((changed || lacks) && passes.current < PASSES) repaint();
  });

  useEffect(() => {
    const element = box.current;
    let width = element.clientWidth;
    const observer = new ResizeObserver(() => {
      if (element.clientWidth !== width) heights.current.clear();
      width = element.clientWidth;
      passes.current = 0;
      repaint();
    });
    observer.observe(element);
    document.fonts?.ready.then(() => {
      heights.current.clear();
      repaint();
    });
    return () => observer.disconnect();
  }, []);

  const pause = () => {
    aim.current = null;
    if (following && box.current.scrollHeight > box.current.clientHeight) onFollow(false);
  };

  const onScroll = () => {
    const element = box.current;
    if (Math.abs(element.scrollTop - setTop.current) < 1.5) return;
    aim.current = null;
    const down = element.scrollTop > setTop.current;
    setTop.current = element.scrollTop;
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight <= NEAR_END_PX;
    passes.current = 0;
    capture();
    if (following && !down && !atEnd) onFollow(false);
    else if (!following && down && atEnd) onFollow(true);
    else repaint();
  };

  const goTo = (goal) => {
    aim.current = goal;
    passes.current = 0;
    onFollow(false);
    repaint();
  };
  useImperativeHandle(handle, () => ({
    goTo: (seq) => goTo({ row: seq, offset: Math.floor(box.current.clientHeight / 3) }),
    focus: () => box.current.focus({ preventScroll: true }),
  }));

  const touch = useRef(0);
  const onKeyDown = (event) => {
    if (event.target !== box.current || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "End") onFollow(true);
    else if (event.key === "Home") goTo({ block: log.removed / BLOCK, offset: 0 });
    else {
      if (event.key === "PageUp" || event.key === "ArrowUp") pause();
      return;
    }
    event.preventDefault();
  };

  /** The kind of the row above a block; empty where there is none or it is not known. */
  const lastKindBefore = (index) => {
    for (let above = index - 1; above >= Math.max(0, index - LOOK_BACK); above -= 1) {
      const row = rowsIn(above).at(-1);
      if (row) return row.kind ?? "";
    }
    return "";
  };

  /** What is missing is loaded from the end where the reader comes from. */
  const load = (gap) => {
    const place = aim.current ?? anchor.current;
    const reader = following || !place ? Infinity : Number(place.block ?? blockOf(Number(place.row)));
    if (turns && reader <= blockOf(gap.from)) feed.searchAfter(gap.from, filter);
    else feed.searchBefore(gap.to + 1, filter);
  };

  const blocks = [];
  for (let index = from; index <= to; index += 1) {
    const rows = rowsIn(index);
    const gap = gaps?.get(index);
    if (rows.length > 0) {
      blocks.push(
        <Block
          key={index}
          index={index}
          rows={rows}
          results={joins.resultOf}
          view={view}
          current={blockOf(current) === index ? current : 0}
          failed={failed}
          before={turns ? lastKindBefore(index) : undefined}
        />,
      );
    }
    if (gap) {
      blocks.push(
        <Gap key={`gap ${index}`} from={gap.from} to={gap.to} search={search} onLoad={() => load(gap)} auto={turns} />,
      );
    }
  }
  return (
    <div
      ref={box}
      className="log-lines"
      data-testid="log-view"
      tabIndex={0}
      role="log"
      aria-live="off"
      aria-label={label}
      onScroll={onScroll}
      onWheel={(event) => event.deltaY < 0 && pause()}
      onTouchStart={(event) => {
        touch.current = event.touches[0].clientY;
      }}
      onTouchMove={(event) => event.touches[0].clientY > touch.current + 4 && pause()}
      onKeyDown={onKeyDown}
    >
      <div className="log-space" style={{ height: tops[from] }} />
      {blocks}
      <div className="log-space" style={{ height: Math.max(0, tops[count] - tops[to + 1]) }} />
    </div>
  );
}
