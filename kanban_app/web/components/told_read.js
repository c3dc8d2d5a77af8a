// Which notifications have been read in this browser: all up to a number, but for those of the list `flipped`, with which
// it is the other way round. No browser is needed for any of this.

const MOST = 200;

export const NOTHING_READ = { upto: 0, flipped: [] };

export const isRead = ({ upto, flipped }, seq) => (seq <= upto) !== flipped.includes(seq);

export const toggledRead = ({ upto, flipped }, seq) => ({
  upto,
  flipped: flipped.includes(seq) ? flipped.filter((other) => other !== seq) : [...flipped, seq].slice(-MOST),
});

/** What is after this number may be unread. */
export const unseenSince = ({ upto, flipped }) => Math.max(0, Math.min(upto, ...flipped.map((seq) => seq - 1)));

/** What was stored, or null when that is nothing that can be used. */
export const parsed = (text) => {
  try {
    const { upto, flipped } = JSON.parse(text);
    if (!Number.isSafeInteger(upto) || upto < 0) return null;
    return { upto, flipped: flipped.filter(Number.isSafeInteger).slice(-MOST) };
  } catch {
    return null;
  }
};

/** Both together, each once, the newest first. */
export const kept = (known, fresh, most) => {
  const bySeq = new Map([...known, ...fresh].map((item) => [item.seq, item]));
  return [...bySeq.values()].sort((one, other) => other.seq - one.seq).slice(0, most);
};
