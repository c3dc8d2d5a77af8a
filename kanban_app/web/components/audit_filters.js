// What the page of the audit log is narrowed to: in its address, and as questions to the API. Pure.

export const SPANS = [
  { id: "", label: "Any time" },
  { id: "1h", label: "Last hour", hours: 1 },
  { id: "1d", label: "Last 24 hours", hours: 24 },
  { id: "7d", label: "Last 7 days", hours: 168 },
  { id: "30d", label: "Last 30 days", hours: 720 },
];
export const GROUPS = [
  { id: "", label: "Everything" },
  { id: "cards", label: "Cards and templates" },
  { id: "runs", label: "Runs and triggers" },
  { id: "access", label: "Sign-in and tokens" },
  { id: "settings", label: "Settings and projects" },
  { id: "data", label: "Backups, export, import" },
];
export const KINDS = [
  { id: "", label: "Anybody" },
  { id: "person", label: "People" },
  { id: "token", label: "Programs" },
  { id: "local", label: "This machine" },
  { id: "board", label: "The board itself" },
  { id: "stranger", label: "Strangers" },
];
export const OUTCOMES = [
  { id: "", label: "Any outcome" },
  { id: "done", label: "Done" },
  { id: "refused", label: "Refused" },
];

const CHOICES = { span: SPANS, group: GROUPS, kind: KINDS, outcome: OUTCOMES };
const LONGEST = 200;
export const NOTHING = { q: "", target: "", span: "", group: "", kind: "", outcome: "" };

/** The filters of an address's query; what is no choice of ours does not count. */
export const filtersOf = (search) => {
  const given = new URLSearchParams(search);
  const found = { ...NOTHING };
  for (const name of ["q", "target"]) found[name] = (given.get(name) ?? "").slice(0, LONGEST);
  for (const [name, choices] of Object.entries(CHOICES)) {
    const value = given.get(name) ?? "";
    found[name] = choices.some(({ id }) => id === value) ? value : "";
  }
  return found;
};

/** The query of the address, "" where nothing is narrowed. */
export const searchOf = (filters) => {
  const query = new URLSearchParams(Object.entries(filters).filter(([, value]) => value)).toString();
  return query && `?${query}`;
};

/** What the API is asked; a span of time ends at `now`, in ms since the epoch. */
export const questionOf = ({ span, ...filters }, now, more = {}) => {
  const hours = SPANS.find(({ id }) => id === span)?.hours;
  const since = hours ? { from: new Date(now - hours * 3_600_000).toISOString() } : {};
  return new URLSearchParams(Object.entries({ ...filters, ...since, ...more }).filter(([, value]) => value)).toString();
};

/** A sentence in three parts: the one in the middle is the card's title in its quotes, "" where it is not named. */
export const partsOf = ({ what, target }) => {
  const title = target.kind === "task" && target.title ? `“${target.title}”` : "";
  const place = title ? what.indexOf(title) : -1;
  return place < 0 ? [what, "", ""] : [what.slice(0, place), title, what.slice(place + title.length)];
};
