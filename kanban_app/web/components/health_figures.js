// Figures of the health page in words, and charts as shapes. Pure functions; times are milliseconds, and nothing here
// knows React, the page or the network.

const SPANS_MIN = [5, 10, 15, 30, 60];
const MINUTE_MS = 60_000;

const number = (value, digits) => String(Number(value.toFixed(digits)));
const short = (value) => number(value, value < 10 ? 1 : 0);

/** A length of time for people; "" for none. */
export const inMs = (value) => {
  if (value == null) return "";
  return value < 1000 ? `${short(value)} ms` : `${number(value / 1000, 1)} s`;
};

export const inSeconds = (value) => {
  if (value == null) return "";
  if (value < 60) return `${number(value, 0)} s`;
  if (value < 3600) return `${number(Math.floor(value / 60), 0)} min`;
  const [days, hours] = [Math.floor(value / 86_400), Math.floor((value % 86_400) / 3600)];
  if (days > 0) return `${days} d ${hours} h`;
  return `${hours} h ${Math.floor((value % 3600) / 60)} min`;
};

/** A share in percent, never rounded up to 100. */
export const inPercent = (share) => {
  if (share == null) return "";
  return `${number(Math.floor(share * 1000) / 10, 1)} %`;
};

export const inBytes = (value) => {
  if (value < 1000) return `${number(value, 0)} B`;
  if (value < 1e6) return `${short(value / 1e3)} kB`;
  return value < 1e9 ? `${short(value / 1e6)} MB` : `${short(value / 1e9)} GB`;
};

export const perSecond = (value) => (value > 0 && value < 0.1 ? "under 0.1/s" : `${short(value)}/s`);

export const counted = (count, one, several = `${one}s`) => `${count} ${count === 1 ? one : several}`;

/** The charts. A line is {name, of(point) -> number or null, dashed}; `words` writes a value. */
export const CHARTS = [
  {
    id: "latency",
    title: "Round trip",
    words: inMs,
    least: 10,
    lines: [
      { name: "mean", of: (point) => point.latency_ms },
      { name: "longest", of: (point) => point.latency_max_ms, dashed: true },
    ],
  },
  {
    id: "throughput",
    title: "Messages",
    words: perSecond,
    least: 1,
    lines: [
      { name: "received", of: (point) => point.messages_in_per_s },
      { name: "sent", of: (point) => point.messages_out_per_s, dashed: true },
    ],
  },
  { id: "queue", title: "Starts in the queue", words: String, least: 4, lines: [{ name: "waiting", of: (point) => point.queued }] },
  { id: "runs", title: "Active runs", words: String, least: 4, lines: [{ name: "active", of: (point) => point.active_runs }] },
];

/** 1, 2 or 5 times a power of ten, and not below `value`. */
export const niceTop = (value) => {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((top) => top >= value * (1 - 1e-9));
};

/**
 * {from, to, minutes}: the stretch of time that a chart shows. It ends with the newest point, and is as short as what was
 * measured lets it be, so that a board that has just been started shows more than a dot.
 */
export const spanOf = ({ points, step_s: step }) => {
  if (points.length === 0) return null;
  const to = points.at(-1).at + step * 1000;
  const minutes = SPANS_MIN.find((span) => to - points[0].at <= span * MINUTE_MS) ?? SPANS_MIN.at(-1);
  return { from: to - minutes * MINUTE_MS, to, minutes };
};

const middle = (point, step, span) => (100 * (point.at + step * 500 - span.from)) / (span.to - span.from);

/** Points of a line in percent of width and height, in pieces: where nothing was measured there is none. */
export const piecesOf = ({ points, step_s: step }, span, of, top) => {
  const pieces = [];
  let before = null;
  for (const point of points) {
    const value = of(point);
    const follows = before !== null && point.at - before.at <= step * 1000;
    if (value === null || point.at + step * 1000 <= span.from) {
      before = null;
      continue;
    }
    const place = [middle(point, step, span), 100 - (100 * value) / top];
    if (follows) pieces.at(-1).push(place);
    else pieces.push([place]);
    before = point;
  }
  return pieces;
};

/** A piece as the `d` of a path; a single point is a dot, by the round ends of its stroke. */
export const pathOf = (piece) => {
  const places = piece.length === 1 ? [piece[0], piece[0]] : piece;
  return places.map(([x, y], at) => `${at === 0 ? "M" : "L"}${x.toFixed(2)} ${y.toFixed(2)}`).join("");
};

/** [{x, width}] in percent: when there was no connection. */
export const awayOf = ({ points, step_s: step }, span) => {
  const away = [];
  const wide = (100 * step * 1000) / (span.to - span.from);
  for (const point of points) {
    const x = middle(point, step, span) - wide / 2;
    if (point.connected || x + wide <= 0) continue;
    const last = away.at(-1);
    if (last && Math.abs(last.x + last.width - x) < wide / 100) last.width += wide;
    else away.push({ x: Math.max(x, 0), width: x < 0 ? x + wide : wide });
  }
  return away;
};

const highest = (points, of) =>
  points.reduce((best, point) => (of(point) !== null && (best === null || of(point) > of(best)) ? point : best), null);

export const topOf = ({ points }, { lines, least }) =>
  niceTop(Math.max(least, ...lines.flatMap(({ of }) => points.map(of).filter((value) => value !== null))));

/** What a chart says, in a sentence. `timeOf` writes a time of day. */
export const summaryOf = ({ points }, { lines, words }, timeOf) => {
  const parts = lines.flatMap(({ name, of }) => {
    const best = highest(points, of);
    if (best === null) return [];
    const newest = points.at(-1);
    const now = of(newest) === null ? "" : `now ${words(of(newest))}, `;
    const called = lines.length > 1 ? `${name} ` : "";
    const most = of(best) === 0 ? "never more" : `highest ${words(of(best))} at ${timeOf(best.at)}`;
    return [`${called}${now}${most}`];
  });
  if (parts.length === 0) return "Nothing was measured yet.";
  const text = parts.join("; ");
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
};

/** What a chart says of one point. */
export const pointWords = (point, { lines, words }, timeOf) => {
  const values = lines.map(({ name, of }) => `${lines.length > 1 ? `${name} ` : ""}${of(point) === null ? "not measured" : words(of(point))}`);
  return `${timeOf(point.at)}: ${values.join(", ")}${point.connected ? "" : ", no connection"}`;
};

/** The place of the point under `share` (0 to 1) of the width; null where the chart has none near it. */
export const nearest = ({ points, step_s: step }, span, share) => {
  const at = span.from + share * (span.to - span.from);
  const place = points.findIndex((point) => at < point.at + step * 1000);
  return place < 0 ? points.length - 1 : place;
};

/** Alerts by what they ask of people: [open, acknowledged, over]. */
export const alertsByState = (alerts) => ["open", "acknowledged", "cleared"].map((state) => alerts.filter((alert) => alert.state === state));
