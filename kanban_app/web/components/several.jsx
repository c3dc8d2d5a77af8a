// Several cards at once: how they are selected, the bar with what can be done with them, and its dialogs.
import { useCallback, useEffect, useRef, useState } from "react";
import { cardInMind } from "./card_place.js";
import { Dialog } from "./dialog.jsx";
import { ACTIVE } from "./questions.js";
import { inOrder, ranged, toggled } from "./selection.js";
import { useShortcuts } from "./shortcut_keys.js";

/** How many cards one act takes. */
export const AT_ONCE = 500;

const STAGES = new Set(["plan", "build", "test", "review", "document"]);
const CONTROLS = "button, input, select, textarea, label, [role=button], [role=menu]";
const ABOVE = "dialog[open], .panel, .menu, :popover-open";

export const cardCount = (count) => (count === 1 ? "1 card" : `${count} cards`);

/**
 * The selection among the cards of `columns`, which are those on the screen. While `paused` Escape ends no selection.
 */
export const useSelection = ({ columns, paused }) => {
  const [ids, setIds] = useState([]);
  const [on, setOn] = useState(false);
  const picked = inOrder(ids, columns);
  const picking = on || picked.length > 0;
  const now = useRef({});
  now.current = { paused, picking };

  const clear = useCallback(() => {
    setIds([]);
    setOn(false);
  }, []);
  const toggle = useCallback((id) => setIds((before) => toggled(before, id)), []);
  const start = useCallback((id) => {
    setOn(true);
    if (id) setIds((before) => (before.includes(id) ? before : [...before, id]));
  }, []);

  /** Takes a click on the board that is about the selection, before the links of the cards get it. */
  const click = (event) => {
    const id = event.target.closest("[data-card]")?.dataset.card;
    const extends_ = event.shiftKey;
    const adds = event.ctrlKey || event.metaKey;
    if (!id || event.target.closest(CONTROLS)) return;
    if (!picking && (!(extends_ || adds) || event.target.closest("a"))) return;
    event.preventDefault();
    event.stopPropagation();
    if (extends_) {
      getSelection().removeAllRanges();
      setIds((before) => ranged(before, id, columns));
    } else toggle(id);
  };

  useShortcuts({
    select: () => {
      const id = cardInMind();
      if (!columns.some((column) => column.ids.includes(id))) return false;
      toggle(id);
      return true;
    },
  });

  useEffect(() => {
    const onKeyDown = (event) => {
      const { paused: away, picking: active } = now.current;
      if (away || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (document.querySelector(ABOVE)) return;
      if (event.key === "Escape" && active) {
        event.preventDefault();
        clear();
      }
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, []);

  return { picked, picking, toggle, start, clear, click };
};

/** What to ask before these cards go to a column, or null. */
export const questionForAll = (cards, column) => {
  const count = cardCount(cards.length);
  const runs = cards.filter((card) => ["running", "waiting"].includes(card.status) && card.can_cancel).length;
  if (column.id === "completed") {
    return {
      title: `Mark ${count} as complete?`,
      text: "They count as done. Nothing is merged, and their branches stay as they are.",
      confirm: "Mark as complete",
    };
  }
  if (column.id === "backlog" && runs > 0) {
    return {
      title: `Stop ${runs === 1 ? "1 run" : `${runs} runs`} and park the cards?`,
      text: "What they have written so far stays on their branches.",
      confirm: "Stop and park",
      danger: true,
    };
  }
  const idle = cards.filter((card) => card.column !== column.id && !ACTIVE.includes(card.status)).length;
  if (STAGES.has(column.id) && idle > 1) {
    return {
      title: `Start ${idle} runs?`,
      text: `Each card starts with ${column.title}, in the order of the board. Those for which there is no room wait in line.`,
      confirm: `Start ${idle} runs`,
    };
  }
  return null;
};

/** `onAct` is given "move", "label", "archive", "delete" or "clear". */
export function SelectionBar({ count, onAct }) {
  const none = count === 0;
  return (
    <section className="selection" aria-label="Selected cards" data-testid="selection">
      <p role="status">{none ? "Select cards" : `${count} selected`}</p>
      <div className="selection-acts">
        <button type="button" className="button small" data-testid="bulk-move" disabled={none} onClick={() => onAct("move")}>
          Move…
        </button>
        <button type="button" className="button small" data-testid="bulk-label" disabled={none} onClick={() => onAct("label")}>
          Label…
        </button>
        <button type="button" className="button small" data-testid="bulk-archive" disabled={none} onClick={() => onAct("archive")}>
          Archive
        </button>
        <button type="button" className="button small" data-testid="bulk-delete" disabled={none} onClick={() => onAct("delete")}>
          Delete
        </button>
      </div>
      <button type="button" className="button small" data-testid="bulk-clear" onClick={() => onAct("clear")}>
        Done
      </button>
    </section>
  );
}

/** Which column the selected cards go to; `columns` are those that take any. */
export function MoveDialog({ open, count, columns, onMove, onClose }) {
  return (
    <Dialog open={open} edition={open} label={`Move ${cardCount(count)}`} onClose={onClose} className="dialog question">
      <h2>Move {cardCount(count)} to</h2>
      <div className="choices">
        {columns.map((column) => (
          <button
            key={column.id}
            type="button"
            className="button"
            data-testid={`bulk-to-${column.id}`}
            data-close
            onClick={() => onMove(column)}
          >
            {column.title}
          </button>
        ))}
      </div>
      <div className="dialog-actions">
        <button type="button" className="button" data-close>
          Cancel
        </button>
      </div>
    </Dialog>
  );
}

/** A label to put on or take off; `labels` are those that there are. */
export function LabelDialog({ open, count, labels, onLabel, onClose }) {
  const choose = (form, on) => {
    const label = new FormData(form).get("label").trim();
    if (!label || !form.reportValidity()) return;
    form.closest("dialog").close();
    onLabel(label, on);
  };
  const submit = (event) => {
    event.preventDefault();
    choose(event.currentTarget, true);
  };
  return (
    <Dialog open={open} edition={open} label={`Label ${cardCount(count)}`} onClose={onClose} className="dialog question">
      <form onSubmit={submit}>
        <h2>Label {cardCount(count)}</h2>
        <label className="field">
          <span>Label</span>
          <input name="label" list="known-labels" maxLength={200} required autoComplete="off" data-first="" data-testid="bulk-label-name" />
        </label>
        <datalist id="known-labels">
          {labels.map((label) => (
            <option key={label} value={label} />
          ))}
        </datalist>
        <div className="dialog-actions">
          <button type="button" className="button" data-close>
            Cancel
          </button>
          <button
            type="button"
            className="button"
            data-testid="bulk-label-remove"
            onClick={(event) => choose(event.currentTarget.form, false)}
          >
            Take off
          </button>
          <button type="submit" className="button primary" data-testid="bulk-label-add">
            Put on
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** How many cards a column may hold; an empty field stands for any number. */
export function LimitDialog({ column, onLimit, onClose }) {
  const submit = (event) => {
    event.preventDefault();
    const limit = new FormData(event.currentTarget).get("limit").trim();
    event.currentTarget.closest("dialog").close();
    onLimit(column.id, limit);
  };
  return (
    <Dialog open={column !== null} edition={column} label={`Limit of ${column?.title}`} onClose={onClose} className="dialog question">
      <form onSubmit={submit}>
        <h2>Limit of {column?.title}</h2>
        <p>At the limit the column takes no more cards from people. Runs that arrive there by themselves are never held up.</p>
        <label className="field">
          <span>
            Cards <small>(any number if left empty)</small>
          </span>
          <input
            name="limit"
            type="number"
            min="1"
            max="999"
            step="1"
            inputMode="numeric"
            defaultValue={column?.limit ?? ""}
            data-first=""
            data-testid="limit-value"
          />
        </label>
        <div className="dialog-actions">
          <button type="button" className="button" data-close>
            Cancel
          </button>
          <button type="submit" className="button primary" data-testid="limit-save">
            Save
          </button>
        </div>
      </form>
    </Dialog>
  );
}
