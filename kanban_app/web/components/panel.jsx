// The panel of the open card. Which card is open is in the URL, so that Back closes it and a link opens it.
import { useEffect, useRef } from "react";
import { useLocation, useNavigate, useSearchParams } from "react-router";
import { usePhone } from "./switcher.jsx";

const COVERED = ".page > .header, .page > .main";
const isBusy = () => document.querySelector("dialog[open], [popover]:popover-open") !== null;

/** `cardId` is the card that the server has sent; until it has caught up with the URL the last one stays. */
export function CardPanel({ cardId, label, children }) {
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const location = useLocation();
  const ref = useRef(null);
  const wanted = params.get("card");
  const open = Boolean(wanted && cardId);
  const covers = usePhone() && open;

  const close = () => {
    // Back where this tab has opened it itself, so that Back does not open it again.
    if (location.state?.fromBoard) navigate(-1);
    else navigate("/", { replace: true, preventScrollReset: true });
  };

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

  useEffect(() => {
    if (!wanted) return undefined;
    const onKeyDown = (event) => {
      if (event.key === "Escape" && !event.defaultPrevented && !isBusy()) close();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  });

  if (!open) return null;
  return (
    <aside
      ref={ref}
      className="panel"
      data-testid="task-detail"
      role={covers ? "dialog" : undefined}
      aria-modal={covers || undefined}
      aria-label={label}
      tabIndex={-1}
      onClick={(event) => event.target.closest("[data-close-panel]") && close()}
    >
      {children}
    </aside>
  );
}
