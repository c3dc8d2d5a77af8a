// The tabs of the open card, with the keys that tabs have.
import { useEffect, useRef } from "react";

const STEPS = { ArrowRight: 1, ArrowLeft: -1 };

/** Its children are buttons of the role "tab", of which one is selected. */
export function Tabs({ tab, children }) {
  const ref = useRef(null);

  useEffect(() => {
    ref.current.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [tab]);

  const onKeyDown = (event) => {
    const tabs = [...ref.current.querySelectorAll("[role=tab]")];
    const at = tabs.indexOf(event.target);
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = STEPS[event.key];
    const next = { Home: 0, End: tabs.length - 1 }[event.key] ?? (step && (at + step + tabs.length) % tabs.length);
    if (next === undefined) return;
    event.preventDefault();
    tabs[next].focus();
    tabs[next].click();
  };

  return (
    <div ref={ref} className="tabs" role="tablist" aria-label="About the card" onKeyDown={onKeyDown}>
      {children}
    </div>
  );
}
