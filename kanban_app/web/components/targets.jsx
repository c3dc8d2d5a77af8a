// Where a card can be dropped on a narrow screen, which shows one column at a time: a place for each column, under the
// thumb. They are no droppables of the library, which goes by the middle of the card and not by the finger.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { createTouchSensor } from "./card_sensors.js";

const targetAt = ({ x, y }) => document.elementFromPoint(x, y)?.closest("[data-target]")?.dataset.target ?? null;

/**
 * The column that is aimed at: `aimed` to show it, `taken()` for the drop, `sensor` for the library.
 * With the keyboard, left and right go through the columns; `onAim` is told of the column, null for the card's own.
 */
export const useAim = ({ active, columns, from, onAim }) => {
  const [aimed, setAimed] = useState(null);
  const now = useRef({ aimed: null });
  Object.assign(now.current, { active, columns, from, onAim });

  const aim = useCallback((column) => {
    if (now.current.aimed === column) return;
    now.current.aimed = column;
    setAimed(column);
  }, []);
  const onPoint = useCallback(
    (at) => {
      if (!now.current.active) return;
      now.current.pointed = true;
      aim(targetAt(at));
    },
    [aim],
  );
  const sensor = useMemo(() => createTouchSensor(onPoint), [onPoint]);

  useEffect(() => {
    if (!active) return undefined;
    now.current.pointed = false;
    // A mouse without a button down does not drag: the keyboard does.
    const onMouse = (event) => event.buttons > 0 && onPoint({ x: event.clientX, y: event.clientY });
    const onKey = (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (now.current.pointed) return;
      if (["ArrowUp", "ArrowDown"].includes(event.key)) aim(null);
      if (!step) return;
      const { columns: all, from: home } = now.current;
      const at = all.findIndex((column) => column.id === (now.current.aimed ?? home)) + step;
      if (!all[at]) return;
      aim(all[at].id === home ? null : all[at].id);
      now.current.onAim(all[at].id === home ? null : all[at]);
    };
    window.addEventListener("mousemove", onMouse, true);
    window.addEventListener("keydown", onKey, true);
    return () => {
      window.removeEventListener("mousemove", onMouse, true);
      window.removeEventListener("keydown", onKey, true);
    };
  }, [active, aim, onPoint]);

  const taken = useCallback(() => {
    const column = now.current.aimed;
    aim(null);
    return column;
  }, [aim]);
  return { aimed, taken, sensor };
};

export function Targets({ columns, from, aimed, card }) {
  const goal = columns.find((column) => column.id === aimed);
  return (
    <div className="targets" aria-hidden="true">
      <p className="carried" data-run-status={card.status} data-aimed={goal !== undefined}>
        <span>{card.title}</span>
        <strong>{goal ? `to ${goal.title}` : "Drop on a column"}</strong>
      </p>
      {columns.map((column) => (
        <div
          key={column.id}
          className="target"
          data-target={column.id === from ? undefined : column.id}
          data-testid={`target-${column.id}`}
          data-home={column.id === from}
          data-aimed={column.id === aimed}
        >
          <span>
            {column.title} <span className="count">{column.count}</span>
          </span>
        </div>
      ))}
    </div>
  );
}
