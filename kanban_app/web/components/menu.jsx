// The menu of a card. There is one for the whole board, so that a thousand cards cost a thousand buttons, not items.
import { useEffect, useLayoutEffect, useRef } from "react";
import { createPortal } from "react-dom";
import { ACTIVE } from "./questions.js";

const MARGIN = 8;
const IN_LINE = ["held", "queued"];

const under = (anchor, menu) => {
  const at = anchor.getBoundingClientRect();
  const { offsetHeight: height, offsetWidth: width } = menu;
  const below = at.bottom + 4;
  const top = below + height > innerHeight - MARGIN ? Math.max(MARGIN, at.top - 4 - height) : below;
  const left = Math.min(Math.max(MARGIN, at.right - width), innerWidth - MARGIN - width);
  return { top: `${Math.min(top, Math.max(MARGIN, innerHeight - MARGIN - height))}px`, left: `${left}px` };
};

const step = (items, key) => {
  const at = items.indexOf(document.activeElement);
  if (key === "Home") return items[0];
  if (key === "End") return items.at(-1);
  return items[(at + (key === "ArrowDown" ? 1 : -1) + items.length) % items.length];
};

/** Whether the card has a run, all of it in the past, after which another one can begin. */
const canStartOver = (card) =>
  card.run_id !== "" && card.stages.length > 0 && ![...ACTIVE, ...IN_LINE].includes(card.status);

/** The entries that make sense for a card; columns are {id, title, ids}. Only in their `own` order cards have a place. */
export const entriesFor = (card, columns, own) => {
  const allDone = card.stage_states.length > 0 && card.stage_states.every((stage) => stage.state === "completed");
  const active = ACTIVE.includes(card.status);
  const waiting = IN_LINE.includes(card.status);
  const beside = columns.find((column) => column.id === card.column)?.ids ?? [];
  const impossible = (id) => id === "errored" || (id === "ready-to-merge" && !allDone);
  return [
    card.can_start && { id: "start", label: "Start" },
    card.can_retry && card.kind !== "merge" && { id: "retry", label: "Retry" },
    card.can_merge && { id: "merge", label: "Merge…" },
    card.can_patch && { id: "patch", label: "Patch…" },
    canStartOver(card) && { id: "restart", label: "Start over…" },
    card.queue_place > 0 && { id: "queue-first", label: "Start next", off: card.queue_place === 1 },
    card.queue_place > 0 && { id: "queue-later", label: "Start later" },
    card.can_cancel && { id: "cancel", label: waiting ? "Do not start" : "Stop the run" },
    { id: "edit", label: "Edit" },
    { id: "duplicate", label: "Duplicate" },
    { id: "select", label: "Select" },
    { id: "copy", label: "Copy…" },
    { id: "archive", label: "Archive", off: active },
    { id: "delete", label: "Delete", off: active, danger: true },
    { heading: "Move" },
    { id: "move-up", label: "Up", off: !own || beside.indexOf(card.id) < 1 },
    { id: "move-down", label: "Down", off: !own || beside.indexOf(card.id) === beside.length - 1 },
    { heading: "Move to" },
    ...columns
      .filter((column) => column.id !== card.column)
      .map((column) => ({ id: `move-to-${column.id}`, label: column.title, off: impossible(column.id) })),
  ].filter(Boolean);
};

/** The button that opens the menu of a card, wherever React has the card now. */
export const menuButton = (id) => document.querySelector(`[data-menu="${CSS.escape(id)}"]`);

const isInView = (element) => {
  const at = element.getBoundingClientRect();
  const view = (element.closest(".board") ?? document.documentElement).getBoundingClientRect();
  return element.checkVisibility() && at.bottom > view.top && at.top < view.bottom && at.right > view.left && at.left < view.right;
};

/** It stays with its card while that moves, is drawn anew or scrolls, and closes where the card goes out of sight. */
export function CardMenu({ id, entries, label, onChoose, onClose }) {
  const ref = useRef(null);
  const items = () => [...ref.current.querySelectorAll('[role="menuitem"]:not(:disabled)')];
  const focusFirst = () => items()[0]?.focus({ preventScroll: true });

  const place = () => {
    const anchor = menuButton(id);
    if (anchor && isInView(anchor)) {
      anchor.setAttribute("aria-expanded", "true");
      Object.assign(ref.current.style, under(anchor, ref.current));
      return;
    }
    anchor?.focus({ preventScroll: true });
    onClose();
  };
  const latest = useRef(place);
  latest.current = place;

  useLayoutEffect(() => {
    place();
    // The entry that had the focus may be gone.
    if (document.activeElement === document.body) focusFirst();
  });

  useLayoutEffect(() => {
    focusFirst();
    return () => menuButton(id)?.setAttribute("aria-expanded", "false");
  }, [id]);

  useEffect(() => {
    const outside = (event) => {
      if (!ref.current.contains(event.target) && !menuButton(id)?.contains(event.target)) onClose();
    };
    const moved = () => latest.current();
    const scrolled = (event) => {
      if (event.target.contains(menuButton(id))) moved();
    };
    const cards = new ResizeObserver(moved);
    const zone = menuButton(id)?.closest(".cards");
    if (zone) cards.observe(zone);
    document.addEventListener("pointerdown", outside);
    window.addEventListener("resize", moved);
    document.addEventListener("scroll", scrolled, true);
    return () => {
      cards.disconnect();
      document.removeEventListener("pointerdown", outside);
      window.removeEventListener("resize", moved);
      document.removeEventListener("scroll", scrolled, true);
    };
  }, [id, onClose]);

  const onKeyDown = (event) => {
    if (["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) {
      event.preventDefault();
      step(items(), event.key)?.focus();
    }
    if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      event.stopPropagation();
      onClose();
      menuButton(id)?.focus();
    }
  };

  return createPortal(
    <div ref={ref} className="menu" role="menu" aria-label={label} onKeyDown={onKeyDown}>
      {entries.map((entry) =>
        entry.heading ? (
          <div key={entry.heading} className="menu-heading" role="presentation">
            {entry.heading}
          </div>
        ) : (
          <button
            key={entry.id}
            type="button"
            role="menuitem"
            tabIndex={-1}
            data-testid={entry.id}
            className={entry.danger ? "danger" : undefined}
            disabled={entry.off}
            onClick={() => onChoose(entry.id)}
          >
            {entry.label}
          </button>
        ),
      )}
    </div>,
    // Inside the main landmark; it is fixed to the window all the same.
    document.querySelector("main") ?? document.body,
  );
}
