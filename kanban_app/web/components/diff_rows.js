// The lines of a diff as rows of the screen.

/** Each row of one hunk: a line for both sides, or what was beside what is; either may be null. */
export const besides = (lines) => {
  const rows = [];
  let [removed, added] = [[], []];
  const flush = () => {
    for (let place = 0; place < Math.max(removed.length, added.length); place += 1) {
      rows.push([removed[place] ?? null, added[place] ?? null]);
    }
    [removed, added] = [[], []];
  };
  for (const line of lines) {
    if (line.kind === "-" && added.length > 0) flush();
    if (line.kind === "-") removed.push(line);
    else if (line.kind === "+") added.push(line);
    else {
      flush();
      rows.push([line, line]);
    }
  }
  flush();
  return rows;
};

/** The first `count` lines of hunks, in hunks. */
export const firstLines = (hunks, count) => {
  const kept = [];
  let room = count;
  for (const hunk of hunks) {
    if (room <= 0) break;
    kept.push(hunk.lines.length > room ? { ...hunk, lines: hunk.lines.slice(0, room) } : hunk);
    room -= hunk.lines.length;
  }
  return kept;
};

export const lineCount = (hunks) => hunks.reduce((sum, hunk) => sum + hunk.lines.length, 0);

// Characters that would turn the text around them, so that a name could pass for another.
const TURNS = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** A path with all of its characters to be seen. */
export const visible = (path) =>
  path.replace(TURNS, (sign) => `[U+${sign.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}]`);

/** Those files that have all words of `query` in their paths. */
export const matching = (files, query) => {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return files;
  return files.filter(({ path, old_path: before }) => {
    const text = `${path} ${before}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
};
