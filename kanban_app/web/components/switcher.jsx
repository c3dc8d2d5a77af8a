// One column at a time on a narrow screen: the row of chips that chooses it.
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { ColumnMenuButton, Count } from "./column_menu.jsx";

const NARROW = "(max-width: 640px)";
const TIGHT = "(max-width: 1120px)";
const KEY = "kanban.column";

const watching = (media) => (listener) => {
  const query = matchMedia(media);
  query.addEventListener("change", listener);
  return () => query.removeEventListener("change", listener);
};
const watchNarrow = watching(NARROW);
const watchTight = watching(TIGHT);

export const usePhone = () => useSyncExternalStore(watchNarrow, () => matchMedia(NARROW).matches, () => false);

/** Whether the header has no room for a field. */
export const useTightHeader = () => useSyncExternalStore(watchTight, () => matchMedia(TIGHT).matches, () => false);

/** The chosen column, kept for this tab. */
export const useCurrentColumn = (columns) => {
  const [current, setCurrent] = useState(() => sessionStorage.getItem(KEY) ?? columns[0]?.id);
  useEffect(() => {
    if (current) sessionStorage.setItem(KEY, current);
  }, [current]);
  return [columns.some((column) => column.id === current) ? current : columns[0]?.id, setCurrent];
};

/** On a narrow screen it has the menu of the chosen column, too; `onMenu` opens it. */
export function Switcher({ columns, current, menu, onChange, onMenu }) {
  const ref = useRef(null);
  useEffect(() => {
    ref.current.querySelector("[aria-pressed=true]")?.scrollIntoView({ inline: "center", block: "nearest" });
  }, [current]);
  return (
    <div className="switcher-line">
    <nav ref={ref} className="switcher" aria-label="Columns">
      {columns.map((column) => (
        <button
          key={column.id}
          type="button"
          aria-pressed={column.id === current}
          data-column={column.id}
          data-colour={column.colour}
          onClick={() => onChange(column.id)}
        >
          {column.title} <Count column={column} />
        </button>
      ))}
    </nav>
      {menu && <ColumnMenuButton column={columns.find((column) => column.id === current)} onOpen={onMenu} />}
    </div>
  );
}
