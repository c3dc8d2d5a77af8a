// What the popup of the indicator has beside the state that the page has anyway, and what a screen reader is told.
import { useEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { useHealth } from "./health_feed.js";
import { counted, inMs } from "./health_figures.js";

/** Tells a screen reader of changes of `text`, each once, and nothing of how it was at first. */
export function SaidChanges({ text, known }) {
  const before = useRef(null);
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (!known) return;
    if (before.current !== null && before.current !== text) setSaid(text);
    before.current = text;
  }, [text, known]);
  // Not inside of the popup, which nobody hears while it is closed.
  return typeof document === "undefined" ? null : createPortal(<p className="hidden" role="status">{said}</p>, document.body);
}

/** Is the popup open in which the element stands? */
const useOpen = (ref) => {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const popup = ref.current.closest("[popover]");
    const look = () => setOpen(popup.matches(":popover-open"));
    look();
    popup.addEventListener("toggle", look);
    return () => popup.removeEventListener("toggle", look);
  }, [ref]);
  return open;
};

/**
 * The grade with its worst reason; asked for while the popup is open. Until the answer is there, the grade alone. `brief`:
 * the reason stands elsewhere in the popup.
 */
export function GradeSaid({ grade, label, brief }) {
  const ref = useRef(null);
  const open = useOpen(ref);
  const { data } = useHealth(open ? "plain" : "none");
  const health = open && data ? data.health : null;
  const alerts = health ? health.alerts.filter(({ state }) => state === "open").length : 0;
  const trip = brief ? null : health?.round_trip.mean_ms ?? null;
  return (
    <p ref={ref} className="standing" data-grade={health?.grade ?? grade}>
      <span className="dot" aria-hidden="true" />
      <span>
        <strong>{health?.label ?? label}</strong>
        {health && (brief ? "." : `. ${health.sentence}`)}
        {trip !== null && ` Round trip ${inMs(trip)}.`}
        {alerts > 0 && ` ${counted(alerts, "open alert")}.`}
      </span>
    </p>
  );
}
