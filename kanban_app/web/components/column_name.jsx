// What the columns of this project are called, before the server has said it: as this browser knew them last.
import { useEffect, useState } from "react";
import { keyInProject } from "./project.js";

const KEY = "kanban.column-names";

const load = () => {
  try {
    return JSON.parse(localStorage.getItem(keyInProject(KEY))) ?? {};
  } catch {
    return {};
  }
};

/** Keep the titles of `columns` for the next visit. */
export const keepNames = (columns) => {
  const names = JSON.stringify(Object.fromEntries(columns.map(({ id, title }) => [id, title])));
  try {
    if (localStorage.getItem(keyInProject(KEY)) !== names) localStorage.setItem(keyInProject(KEY), names);
  } catch {
    // Until the server answers the columns then have their own names.
  }
};

/** The title of a column as this browser knows it; `own` where it does not. */
export function ColumnName({ column, own }) {
  const [name, setName] = useState(own);
  useEffect(() => {
    const known = load()[column];
    if (typeof known === "string") setName(known);
  }, [column]);
  return <span className="column-name">{name}</span>;
}
