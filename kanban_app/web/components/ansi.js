// Terminal colours in log text. Pure functions: text with escape sequences becomes parts of plain text with marks;
// every other escape sequence is left out. Colours become names that both themes have a readable colour for.

const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
// CSI …, OSC … (ended by BEL or ST), other two-character escapes, and control characters that are no white space.
// eslint-disable-next-line no-control-regex
const ESCAPE = /\x1b\[([0-9:;<=>?]*)[ -/]*([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-_]?|\x9b[0-9:;<=>?]*[ -/]*[@-~]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|\r(?=\n)/g;

/** The text without escape sequences. */
export const plain = (text) => (/[\x00-\x1f\x7f-\x9f]/.test(text) ? text.replace(ESCAPE, "") : text);

/** The name for a colour given as red, green and blue of 0 to 255. */
const nameOf = (red, green, blue) => {
  const most = Math.max(red, green, blue);
  const least = Math.min(red, green, blue);
  if (most - least < 40) return most < 64 ? "black" : most < 200 ? "gray" : "white";
  const limit = least + (most - least) / 2;
  return NAMES[(red > limit ? 1 : 0) + (green > limit ? 2 : 0) + (blue > limit ? 4 : 0)];
};

const LEVELS = [0, 95, 135, 175, 215, 255];

/** The name for one of the 256 colours. */
const nameOfIndex = (index) => {
  if (index < 8) return NAMES[index];
  if (index < 16) return index === 8 ? "gray" : NAMES[index - 8];
  if (index >= 232) return nameOf(...new Array(3).fill(8 + (index - 232) * 10));
  const cube = index - 16;
  return nameOf(LEVELS[Math.floor(cube / 36)], LEVELS[Math.floor(cube / 6) % 6], LEVELS[cube % 6]);
};

const inByte = (value) => Number.isInteger(value) && value >= 0 && value <= 255;

/** An extended colour whose kind is at codes[at]: [name or null, index of its last code]. */
const extended = (codes, at) => {
  const [kind, ...values] = codes.slice(at, at + 4);
  if (kind === 5) return [inByte(values[0]) ? nameOfIndex(values[0]) : null, at + 1];
  if (kind === 2) return [values.length === 3 && values.every(inByte) ? nameOf(...values) : null, at + 3];
  return [null, at];
};

/** For codes 30–37, 40–47 and their bright forms 90–97, 100–107, of which "bright black" is a grey. */
const colourOf = (code) => (code >= 90 && code % 10 === 0 ? "gray" : NAMES[code % 10]);

/** The style after a code that stands for itself. */
const applied = (style, code) => {
  if (code === 0) return {};
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 3) return { ...style, italic: true };
  if (code === 4) return { ...style, underline: true };
  if (code === 7) return { ...style, inverse: true };
  if (code === 22) return { ...style, bold: undefined, dim: undefined };
  if (code === 23) return { ...style, italic: undefined };
  if (code === 24) return { ...style, underline: undefined };
  if (code === 27) return { ...style, inverse: undefined };
  if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) return { ...style, colour: colourOf(code) };
  if (code === 39) return { ...style, colour: undefined };
  if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) return { ...style, ground: colourOf(code) };
  if (code === 49) return { ...style, ground: undefined };
  return style;
};

const restyled = (style, parameters) => {
  const codes = parameters.split(/[;:]/).map((code) => (code === "" ? 0 : Number(code)));
  let now = style;
  for (let at = 0; at < codes.length; at += 1) {
    if (codes[at] === 38 || codes[at] === 48) {
      const [name, end] = extended(codes, at + 1);
      if (name) now = { ...now, [codes[at] === 38 ? "colour" : "ground"]: name };
      at = end;
    } else {
      now = applied(now, codes[at]);
    }
  }
  return now;
};

/** Class names for a style, or "" for plain text. */
const classOf = ({ bold, dim, italic, underline, inverse, colour, ground }) => {
  const [front, back] = inverse ? [ground, colour ?? "gray"] : [colour, ground];
  return [
    bold && "ansi-bold",
    dim && "ansi-dim",
    italic && "ansi-italic",
    underline && "ansi-underline",
    front && `ansi-${front}`,
    back && `ansi-on-${back}`,
  ]
    .filter(Boolean)
    .join(" ");
};

/** The parts of a text: [{text, className}], without empty ones. */
export const parts = (text) => {
  // eslint-disable-next-line no-control-regex
  if (!/[\x00-\x1f\x7f-\x9f]/.test(text)) return text ? [{ text, className: "" }] : [];
  const found = [];
  let style = {};
  let from = 0;
  const add = (to) => {
    if (to > from) found.push({ text: text.slice(from, to), className: classOf(style) });
  };
  for (const match of text.matchAll(ESCAPE)) {
    add(match.index);
    from = match.index + match[0].length;
    if (match[2] === "m") style = restyled(style, match[1]);
  }
  add(text.length);
  return found;
};
