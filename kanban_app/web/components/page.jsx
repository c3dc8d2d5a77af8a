// Small pieces of the page that only the browser knows about.
import { useContext, useEffect, useRef, useState } from "react";
import { EventLoopContext } from "$/utils/context-registry";

/** Calls `onExpire` once after `after` ms; the time stands still while the page is hidden or its message is in use. */
export function Expire({ after, onExpire }) {
  const ref = useRef(null);
  useEffect(() => {
    // As long as one message is in use none goes: nothing shall move under the hand.
    const message = ref.current.closest(".toasts") ?? ref.current.parentElement;
    // After a tap a touch screen takes the finger to be there still.
    const used = matchMedia("(hover: hover)").matches ? ":hover, :focus-within" : ":focus-within";
    let left = after;
    let since = null;
    let timer = null;
    let over = false;
    const change = () => {
      clearTimeout(timer);
      if (over) return;
      if (since !== null) left -= Date.now() - since;
      const inUse = document.hidden || message.matches(used);
      since = inUse ? null : Date.now();
      if (!inUse) timer = setTimeout(onExpire, Math.max(left, 0));
    };
    // Where the focus goes is known only after it has left.
    const later = () => setTimeout(change);
    change();
    document.addEventListener("visibilitychange", change);
    message.addEventListener("pointerenter", change);
    message.addEventListener("pointerleave", change);
    message.addEventListener("focusin", change);
    message.addEventListener("focusout", later);
    return () => {
      over = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", change);
      message.removeEventListener("pointerenter", change);
      message.removeEventListener("pointerleave", change);
      message.removeEventListener("focusin", change);
      message.removeEventListener("focusout", later);
    };
  }, [after]);
  return <span ref={ref} hidden />;
}

/** Shows its children while this page has no connection to the board's server. */
export function ConnectionLost({ children }) {
  const [, errors] = useContext(EventLoopContext) ?? [null, []];
  const [online, setOnline] = useState(true);
  useEffect(() => {
    const update = () => setOnline(navigator.onLine);
    update();
    window.addEventListener("online", update);
    window.addEventListener("offline", update);
    return () => {
      window.removeEventListener("online", update);
      window.removeEventListener("offline", update);
    };
  }, []);
  return errors.length > 0 || !online ? children : null;
}

/** Shows nothing; calls `onReturn` when the browser comes back to its network. */
export function CameOnline({ onReturn }) {
  const newest = useRef(onReturn);
  newest.current = onReturn;
  useEffect(() => {
    const tell = () => newest.current();
    window.addEventListener("online", tell);
    return () => window.removeEventListener("online", tell);
  }, []);
  return null;
}

/** Shows its children until they are dismissed by an element with `data-dismiss`; kept in this browser under `name`. */
export function Dismissible({ name, children }) {
  const [gone, setGone] = useState(true);
  useEffect(() => {
    try {
      setGone(localStorage.getItem(name) === "dismissed");
    } catch {
      setGone(false);
    }
  }, [name]);
  const onClick = (event) => {
    if (!event.target.closest("[data-dismiss]")) return;
    setGone(true);
    try {
      localStorage.setItem(name, "dismissed");
    } catch {
      // It comes again at the next visit.
    }
  };
  return gone ? null : <div onClick={onClick}>{children}</div>;
}

/** A button that brings a column into view: on a narrow screen by the switcher, otherwise by scrolling the board. */
export function ToColumn({ column, className, children }) {
  const onClick = () => {
    const chip = document.querySelector(`.switcher [data-column="${column}"]`);
    if (chip?.checkVisibility()) chip.click();
    else document.querySelector(`[data-testid="column-${column}"]`)?.scrollIntoView({ inline: "center", block: "nearest" });
  };
  return (
    <button type="button" className={className} data-testid={`to-${column}`} onClick={onClick}>
      {children}
    </button>
  );
}
