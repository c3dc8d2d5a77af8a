// The messages of this tab: the newest ones, the others behind "n more". F8 leads to them, Escape dismisses the one that
// has the focus.
import { memo, useEffect, useRef, useState } from "react";
import { say, useSaid } from "./board_link.js";
import { Expire } from "./page.jsx";
import { usePhone } from "./switcher.jsx";

const SAID_MS = 5000;
const SHOWN = 3;
const SHOWN_ON_PHONES = 2;
const DISMISS = "[data-dismiss-toast]";

const dismissOf = (toast) => toast?.querySelector(DISMISS);

export function ToastStack({ count, children }) {
  const ref = useRef(null);
  const cameFrom = useRef(null);
  const [all, setAll] = useState(false);
  const most = usePhone() ? SHOWN_ON_PHONES : SHOWN;
  const said = useSaid();
  const hidden = Math.max(0, count + (said ? 1 : 0) - most);

  useEffect(() => {
    if (hidden === 0) setAll(false);
  }, [hidden]);

  useEffect(() => {
    const onKeyDown = (event) => {
      if (event.key !== "F8" || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
      const newest = dismissOf([...ref.current.querySelectorAll(".toast")].at(-1));
      if (!newest || ref.current.contains(document.activeElement)) return;
      event.preventDefault();
      cameFrom.current = document.activeElement;
      newest.focus();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, []);

  // The focus goes on to the next message, and after the last one back to where it came from.
  const leave = (toast) => {
    const shown = [...ref.current.querySelectorAll(".toast")].filter((other) => other.checkVisibility());
    const at = shown.indexOf(toast);
    const next = dismissOf(shown[at - 1] ?? shown[at + 1]);
    if (next) next.focus();
    else if (cameFrom.current?.isConnected) cameFrom.current.focus();
  };
  const onKeyDown = (event) => {
    if (event.key !== "Escape") return;
    const toast = event.target.closest(".toast");
    if (!toast) return;
    // What is behind listens for Escape, too.
    event.stopPropagation();
    dismissOf(toast).click();
  };
  const onClick = (event) => {
    const button = event.target.closest(DISMISS);
    if (button && document.activeElement === button) leave(button.closest(".toast"));
  };
  return (
    <section
      ref={ref}
      className="toasts"
      aria-label="Messages"
      aria-keyshortcuts="F8"
      data-all={all}
      onKeyDown={onKeyDown}
      onClickCapture={onClick}
    >
      {hidden > 0 && (
        <button type="button" className="button small toasts-more num" data-testid="toasts-more" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? "Show fewer" : `${hidden} more`}
        </button>
      )}
      {children}
      {said && <Said key={said.number} said={said} />}
    </section>
  );
}

/**
 * A calm word of this tab; what has to be copied by hand stays until it is dismissed. It is drawn once: each time it
 * takes the focus for what is to be copied.
 */
const Said = memo(function Said({ said }) {
  const dismiss = () => say(null);
  return (
    <div className="toast" role="status" data-testid="toast">
      <strong>{said.title}</strong>
      {said.byHand ? (
        <label className="by-hand">
          Copy what is selected here:
          <input
            ref={(field) => field?.select()}
            readOnly
            data-testid="copy-by-hand"
            value={said.text}
            onFocus={(event) => event.target.select()}
          />
        </label>
      ) : (
        said.text && <p>{said.text}</p>
      )}
      <button type="button" className="icon-button" aria-label="Dismiss" data-dismiss-toast="true" onClick={dismiss}>
        <svg viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" aria-hidden="true">
          <path d="M4 4l8 8M12 4l-8 8" />
        </svg>
      </button>
      {!said.byHand && <Expire after={SAID_MS} onExpire={dismiss} />}
    </div>
  );
});
