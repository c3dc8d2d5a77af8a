// A modal dialog on the browser's own <dialog>: focus trap, Escape, inert page and top layer come with it.
import { useEffect, useRef } from "react";

/**
 * `edition` changes whenever the dialog is to open anew, also when this tab has closed it without the server's
 * knowledge. Ctrl+Enter or Cmd+Enter submits the form inside.
 */
export function Dialog({ open, edition, label, onClose, className, children }) {
  const ref = useRef(null);
  useEffect(() => {
    const dialog = ref.current;
    if (open && !dialog.open) dialog.showModal();
    if (!open && dialog.open) dialog.close();
  }, [open, edition]);
  const close = (event) => {
    event?.preventDefault();
    ref.current.close();
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
    >
      {open ? children : null}
    </dialog>
  );
}

/** A question with two answers; `ask` is {title, text, confirm, danger} or null. */
export function Question({ ask, onYes, onNo }) {
  // Closed before it is answered: what is said of the answer would be lost on a page that is still inert.
  const yes = (event) => {
    event.target.closest("dialog").close();
    onYes();
  };
  return (
    <Dialog open={ask !== null} edition={ask} label={ask?.title} onClose={onNo} className="dialog question">
      <h2>{ask?.title}</h2>
      <p>{ask?.text}</p>
      <div className="dialog-actions">
        <button type="button" className="button" data-close data-testid="question-no">
          Cancel
        </button>
        <button
          type="button"
          className={ask?.danger ? "button danger" : "button primary"}
          data-testid="question-yes"
          onClick={yes}
          autoFocus
        >
          {ask?.confirm}
        </button>
      </div>
    </Dialog>
  );
}
