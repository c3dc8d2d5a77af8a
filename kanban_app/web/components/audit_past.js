// What the page of the audit log knows of it while it is read page by page. Pure.

/** `of` are the filters of the entries; `older` says whether the last question was for what comes after them. */
export const EMPTY = { entries: [], next: "", of: null, older: false, error: null, state: "loading" };

/** While it is asked: for what is `older` than the entries, or for the newest. */
export const asked = (past, older) => ({ ...past, older, error: null, state: older ? "more" : "loading" });

/** With the page that `filters` have brought. */
export const answered = (past, filters, { entries, next }) => ({
  ...past,
  entries: past.older ? [...past.entries, ...entries] : entries,
  next,
  of: filters,
  state: "done",
});

/** Without it: entries of other filters would be taken for what was asked for. */
export const failed = (past, filters, error) => ({
  ...past,
  ...(past.of !== filters && { entries: [], next: "" }),
  error,
  state: "failed",
});
