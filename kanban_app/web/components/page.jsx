// Small pieces of the page that only the browser knows about.
import { useContext, useEffect, useRef, useState } from "react";
import { EventLoopContext } from "$/utils/context-registry";

/** Calls `onExpire` once after `after` ms; the time stands still while the page is hidden. */
export function Expire({ after, onExpire }) {
  useEffect(() => {
    let left = after;
    let since = Date.now();
    let timer = null;
    const run = () => {
      since = Date.now();
      timer = setTimeout(onExpire, left);
    };
    const change = () => {
      clearTimeout(timer);
      if (document.hidden) left -= Date.now() - since;
      else run();
    };
    if (!document.hidden) run();
    document.addEventListener("visibilitychange", change);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", change);
    };
  }, [after]);
  return null;
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
