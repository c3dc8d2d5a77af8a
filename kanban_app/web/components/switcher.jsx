// One column at a time on a narrow screen: the row of chips that chooses it.
import { useEffect, useRef, useState, useSyncExternalStore } from "react";

const NARROW = "(max-width: 640px)";
const KEY = "kanban.column";

const watch = (listener) => {
  const query = matchMedia(NARROW);
  query.addEventListener("change", listener);
  return () => query.removeEventListener("change", listener);
};

export const usePhone = () => useSyncExternalStore(watch, () => matchMedia(NARROW).matches, () => false);

/** The chosen column, kept for this tab. */
export const useCurrentColumn = (columns) => {
  const [current, setCurrent] = useState(() => sessionStorage.getItem(KEY) ?? columns[0]?.id);
  useEffect(() => {
    if (current) sessionStorage.setItem(KEY, current);
  }, [current]);
  return [columns.some((column) => column.id === current) ? current : columns[0]?.id, setCurrent];
};

export function Switcher({ columns, current, onChange }) {
  const ref = useRef(null);
  useEffect(() => {
    ref.current.querySelector("[aria-pressed=true]")?.scrollIntoView({ inline: "center", block: "nearest" });
  }, [current]);
  return (
    <nav ref={ref} className="switcher" aria-label="Columns">
      {columns.map((column) => (
        <button
          key={column.id}
          type="button"
          aria-pressed={column.id === current}
          data-column={column.id}
          onClick={() => onChange(column.id)}
        >
          {column.title} <span className="count">{column.count}</span>
        </button>
      ))}
    </nav>
  );
}
