// Which kinds this browser tells of by which way, and which items a tab has told of already. No browser is needed for any
// of this.

export const KINDS = ["failed", "decision", "stuck", "finished", "connection"];
export const NO_WAYS = { note: [], sound: [], volume: 0.5 };
const MOST = 200;

const known = (kinds) => KINDS.filter((kind) => Array.isArray(kinds) && kinds.includes(kind));

/** What was stored, as far as it can be used. */
export const waysOf = (text) => {
  try {
    const { note, sound, volume } = JSON.parse(text);
    const isVolume = typeof volume === "number" && volume >= 0 && volume <= 1;
    return { note: known(note), sound: known(sound), volume: isVolume ? volume : NO_WAYS.volume };
  } catch {
    return NO_WAYS;
  }
};

export const withChoice = (ways, way, kind, on) => ({
  ...ways,
  [way]: KINDS.filter((other) => (other === kind ? on : ways[way].includes(other))),
});

const nameOf = ({ seq, at }) => `${seq}@${at}`;

/** Those of the items that are `fresh`, and what is `done` with them; `text` is what was stored of that. */
export const claimed = (text, items) => {
  let before = [];
  try {
    before = JSON.parse(text).filter((name) => typeof name === "string");
  } catch {
    // Nothing was told yet.
  }
  const fresh = items.filter((item) => !before.includes(nameOf(item)));
  return { fresh, done: [...before, ...fresh.map(nameOf)].slice(-MOST) };
};
