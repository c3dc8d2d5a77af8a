// A modal dialog on the browser's own <dialog>: focus trap, Escape, inert page and top layer come with it.
import { useContext, useEffect, useId, useRef } from "react";
import { Holder } from "./held_form.jsx";

/**
 * `edition` changes whenever the dialog is to open anew, also when this tab has closed it without the server's
 * knowledge. Ctrl+Enter or Cmd+Enter submits the form inside. What has `data-first` has the focus first.
 */
export function Dialog({ open, edition, label, onClose, className, children }) {
  const ref = useRef(null);
  const holder = useContext(Holder);
  useEffect(() => {
    const dialog = ref.current;
    if (open && !dialog.open) {
      dialog.showModal();
      dialog.querySelector("[data-first]")?.focus();
    }
    if (!open && dialog.open) dialog.close();
  }, [open, edition]);
  const close = (event) => {
    event?.preventDefault();
    ref.current.close();
    holder?.leave();
    onClose?.();
  };
  const onKeyDown = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      ref.current.querySelector("form")?.requestSubmit();
    }
    // The panel behind listens for Escape too; it is not meant while a dialog is open.
    if (event.key === "Escape") event.stopPropagation();
  };
  const onClick = (event) => {
    if (event.target.closest("[data-close]")) close(event);
  };
  return (
    <dialog
      ref={ref}
      className={className}
      aria-label={label}
      onCancel={close}
      onKeyDown={onKeyDown}
      onClick={onClick}
      onSubmit={holder?.submitted}
    >
      {open ? children : null}
    </dialog>
  );
}

/** A question with two answers; `ask` is {title, text, confirm, danger, option} or null. An `option` {label, hint} is a
 * box to tick, off at first; `onYes` is told whether it is ticked.
 */
export function Question({ ask, onYes, onNo }) {
  const hint = useId();
  // Closed before it is answered: what is said of the answer would be lost on a page that is still inert.
  const yes = (event) => {
    const dialog = event.target.closest("dialog");
    const ticked = dialog.querySelector("input")?.checked ?? false;
    dialog.close();
    onYes(ticked);
  };
  return (
    <Dialog open={ask !== null} edition={ask} label={ask?.title} onClose={onNo} className="dialog question">
      <h2>{ask?.title}</h2>
      <p>{ask?.text}</p>
      {ask?.option && (
        <div className="option">
          <label>
            <input type="checkbox" data-testid="question-option" aria-describedby={hint} />
            {ask.option.label}
          </label>
          <p id={hint} className="hint">
            {ask.option.hint}
          </p>
        </div>
      )}
      <div className="dialog-actions">
        <button type="button" className="button" data-close data-testid="question-no" data-first={ask?.danger ? "" : undefined}>
          Cancel
        </button>
        <button
          type="button"
          className={ask?.danger ? "button danger" : "button primary"}
          data-testid="question-yes"
          onClick={yes}
          data-first={ask?.danger ? undefined : ""}
        >
          {ask?.confirm}
        </button>
      </div>
    </Dialog>
  );
}
