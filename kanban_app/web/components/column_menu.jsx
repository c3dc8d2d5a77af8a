// The menu of a column, how many cards it has and how many it may hold.
import { countOf } from "./finding.js";

export const menuOf = (columnId) => `column:${columnId}`;

/** The column whose menu has this id, or undefined. */
export const columnOfMenu = (menuId, columns) => columns.find((column) => menuOf(column.id) === menuId);

/** The entries of a column's menu; `column` is as it is shown, with fewer cards where it is `narrowed`. */
export const entriesForColumn = (column) => [
  { id: "column-select", label: "Select cards", off: column.ids.length === 0 },
  { id: "column-limit", label: column.limit ? "Change the limit…" : "Limit the cards…" },
  column.id === "completed" && {
    id: "archive-completed",
    label: column.narrowed ? `Archive the ${column.ids.length} shown` : "Archive all completed",
    off: column.ids.length === 0,
  },
  { id: "open-archive", label: "Archive and bin" },
].filter(Boolean);

/** Like the menu button of a card: the board, or `onOpen` where that is elsewhere, opens the menu. */
export function ColumnMenuButton({ column, onOpen }) {
  return (
    <button
      type="button"
      className="icon-button column-menu"
      aria-label={`Actions for ${column.title}`}
      aria-haspopup="menu"
      data-menu={menuOf(column.id)}
      data-testid={`column-${column.id}-menu`}
      onClick={onOpen}
    >
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" fill="currentColor">
        <circle cx="3.5" cy="8" r="1.25" />
        <circle cx="8" cy="8" r="1.25" />
        <circle cx="12.5" cy="8" r="1.25" />
      </svg>
    </button>
  );
}

/** How full a column is. What a service brings is never refused, so that it can hold more than it may. */
export function Count({ column }) {
  if (!column.limit) return <span className="count">{countOf(column)}</span>;
  const over = column.count > column.limit;
  return (
    <span className="count" data-over={over} title={over ? `More than the limit of ${column.limit}` : `At most ${column.limit} cards`}>
      {countOf(column)} / {column.limit}
      {over && <span className="over-word"> over the limit</span>}
    </span>
  );
}
