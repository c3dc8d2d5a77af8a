// The panel of the open card. Which card is open is in the URL, so that Back closes it and a link opens it.
import { useEffect, useRef } from "react";
import { useSearchParams } from "react-router";
import { useLeaveCard, useTabInUrl } from "./card_place.js";
import { usePhone } from "./switcher.jsx";

const COVERED = ".page > .header, .page > .main";

/** What the panel says of an address that leads to no card. */
function MissingCard() {
  return (
    <div className="panel-missing" data-testid="card-missing">
      <h2>There is no such card</h2>
      <p>It was archived or deleted, or its address is mistyped. If it comes back, it shows here.</p>
      <button type="button" className="button" data-close-panel="true">
        Close
      </button>
    </div>
  );
}

/**
 * `cardId` is the card that the server has sent; until it has caught up with the URL the last one stays. `missing` is
 * the id of a card that the server does not have, `tab` the tab that is shown, and `attempt` the one that was
 * chosen instead of the newest.
 */
export function CardPanel({ cardId, missing, tab, attempt, label, children }) {
  const [params] = useSearchParams();
  const close = useLeaveCard();
  const ref = useRef(null);
  const wanted = params.get("card");
  const gone = Boolean(wanted && wanted === missing);
  const open = Boolean(wanted && (cardId || gone));
  const covers = usePhone() && open;

  useTabInUrl(cardId, tab, attempt);

  // Before the focus goes back to the card, which it cannot while the board is inert.
  useEffect(() => {
    if (!covers) return undefined;
    const behind = [...document.querySelectorAll(COVERED)];
    for (const part of behind) part.inert = true;
    return () => {
      for (const part of behind) part.inert = false;
    };
  }, [covers]);

  useEffect(() => {
    if (!open) return undefined;
    ref.current?.focus({ preventScroll: true });
    return () => document.querySelector(`a[data-open="${CSS.escape(wanted)}"]`)?.focus({ preventScroll: true });
  }, [open, wanted]);

  if (!open) return null;
  return (
    <aside
      ref={ref}
      className="panel"
      data-testid="task-detail"
      role={covers ? "dialog" : undefined}
      aria-modal={covers || undefined}
      aria-label={gone ? "Card" : label}
      tabIndex={-1}
      onClick={(event) => event.target.closest("[data-close-panel]") && close()}
    >
      {gone ? <MissingCard /> : children}
    </aside>
  );
}
