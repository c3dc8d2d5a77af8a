// How well words fit texts. Pure functions; nothing here knows React, the page or the network.
//
// The letters of a word may be apart in a text, but then the first one begins a word there. In hints words stand as
// they are typed.

const LETTER = 10;
const BEGINS = 8;
const FOLLOWS = 6;
const WHOLE = 4;
const FAR = 10;
const LONGEST = 200;

const isLetter = (sign) => sign !== undefined && /[\p{L}\p{N}]/u.test(sign);

/** A text as it is compared: without case and accents, as long as it was. */
export const folded = (text) => {
  const lower = text.slice(0, LONGEST);
  if (/^[\x20-\x7e]*$/.test(lower)) return lower.toLowerCase();
  return [...Array(lower.length)].map((_, at) => plain(lower[at])).join("");
};

const plain = (sign) => {
  const bare = sign.normalize("NFD")[0].toLowerCase();
  return bare.length === 1 ? bare : sign;
};

export const wordsIn = (query) => folded(query).split(/\s+/).filter(Boolean);

const begins = (text, at) => isLetter(text[at]) && !isLetter(text[at - 1]);

/** Where a word stands in a text as it is: {score, at: indexes}, or null. */
const standing = (word, text) => {
  let best = null;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const first = begins(text, at) || !isLetter(word[0]);
    const score =
      LETTER * word.length + FOLLOWS * (word.length - 1) + (first ? BEGINS : 0) + (first && !isLetter(text[at + word.length]) ? WHOLE : 0);
    if (!best || score > best.score) best = { score, at: [...Array(word.length)].map((_, step) => at + step) };
  }
  return best;
};

const hasInOrder = (word, text) => {
  let at = -1;
  return [...word].every((sign) => (at = text.indexOf(sign, at + 1)) >= 0);
};

/** The best way to find the letters of a word in their order, by what each step from letter to letter is worth. */
const scattered = (word, text) => {
  if (word.length < 2 || !hasInOrder(word, text)) return null;
  let before = [];
  const from = [];
  for (let letter = 0; letter < word.length; letter += 1) {
    const now = [];
    from.push([]);
    for (let at = 0; at < text.length; at += 1) {
      if (text[at] !== word[letter] || (letter === 0 && !begins(text, at))) continue;
      const own = LETTER + (begins(text, at) ? BEGINS : 0);
      if (letter === 0) now[at] = own;
      for (let last = at - 1; letter > 0 && last >= 0; last -= 1) {
        if (before[last] === undefined) continue;
        const score = before[last] + own + (last === at - 1 ? FOLLOWS : -Math.min(FAR, at - last));
        if (now[at] === undefined || score > now[at]) {
          now[at] = score;
          from[letter][at] = last;
        }
      }
    }
    before = now;
  }
  let end = -1;
  before.forEach((score, at) => {
    if (end < 0 || score > before[end]) end = at;
  });
  if (end < 0 || before[end] < LETTER * word.length) return null;
  const at = [end];
  for (let letter = word.length - 1; letter > 0; letter -= 1) at.unshift(from[letter][at[0]]);
  return { score: before[end] - LETTER, at };
};

/**
 * How well words fit {label, hint}, both folded: {score, marks}, or null where one of them is in neither. `marks` are
 * the indexes of the letters in the label that were meant.
 */
export const fit = (words, { label, hint }) => {
  let score = 0;
  const marks = new Set();
  for (const word of words) {
    const inLabel = standing(word, label) ?? scattered(word, label);
    const beside = inLabel ? null : standing(word, hint);
    if (!inLabel && !beside) return null;
    score += inLabel ? inLabel.score : beside.score / 2;
    for (const at of inLabel?.at ?? []) marks.add(at);
  }
  return { score, marks: [...marks].sort((a, b) => a - b) };
};

/** A text in pieces [text, marked], for indexes of its letters. */
export const pieces = (text, marks) => {
  const marked = new Set(marks);
  const all = [];
  [...Array(text.length)].forEach((_, at) => {
    const last = all.at(-1);
    if (last && last[1] === marked.has(at)) last[0] += text[at];
    else all.push([text[at], marked.has(at)]);
  });
  return all;
};
