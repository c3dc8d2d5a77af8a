// The bell in the header and what it opens: what people were told of, in this browser read or not.
import { useEffect, useRef, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { Moment } from "./clock.jsx";
import { withFinding } from "./finding_store.js";
import { inProject } from "./project.js";
import { isRead } from "./told_read.js";
import { ToldSettings } from "./told_settings.jsx";
import { fetchAll, follow, markAll, markRead, toggle, useTold } from "./told_store.js";
import { announce, holdInView } from "./told_ways.js";

const SHEET = "told-sheet";
const KINDS = [
  ["all", "All"],
  ["failed", "Failed"],
  ["decision", "Needs you"],
  ["stuck", "Stuck"],
  ["finished", "Finished"],
  ["connection", "Connection"],
];
const TITLES = Object.fromEntries(KINDS);

const Bell = () => (
  <svg viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
    <path d="M3.5 11.5c1-1 1-2.2 1-4a3.5 3.5 0 0 1 7 0c0 1.8 0 3 1 4zM6.7 13.7a1.5 1.5 0 0 0 2.6 0" />
  </svg>
);

function Item({ item, read, onGo }) {
  const href = item.task_id ? `/?card=${encodeURIComponent(item.task_id)}` : "";
  return (
    <li className="told" data-testid="notification" data-kind={item.kind} data-read={read}>
      <div className="told-text">
        <p className="told-head">
          {href ? (
            <a href={inProject(href)} data-show="true" onClick={onGo}>
              {item.title}
            </a>
          ) : (
            <a href={inProject("/status/")}>{item.title}</a>
          )}
          <span className="told-when num">
            <span className="hidden">{`${TITLES[item.kind]}, `}</span>
            <Moment at={item.at} />
          </span>
        </p>
        <p>{item.message}</p>
        {item.advice && <p>{item.advice}</p>}
      </div>
      <button
        type="button"
        className="told-mark"
        aria-label={read ? "Mark as unread" : "Mark as read"}
        title={read ? "Mark as unread" : "Mark as read"}
        onClick={() => toggle(item.seq)}
      />
    </li>
  );
}

function List({ told, kind, onGo }) {
  const { items, state, read } = told;
  const shown = kind === "all" ? items : items.filter((item) => item.kind === kind);
  if (state === "failed") {
    return (
      <div className="told-none" role="alert">
        <p>The notifications could not be loaded.</p>
        <button type="button" className="button small" onClick={fetchAll}>
          Try again
        </button>
      </div>
    );
  }
  if (state === "loading" || (shown.length === 0 && !told.whole)) {
    return (
      <p className="told-none" role="status">
        Loading…
      </p>
    );
  }
  if (shown.length === 0) {
    return (
      <p className="told-none">
        {kind === "all" ? "Nothing yet. Runs that end, fail or need you are told here." : "Nothing of this kind."}
      </p>
    );
  }
  return (
    <ul className="told-list">
      {shown.map((item) => (
        <Item
          key={item.seq}
          item={item}
          read={isRead(read, item.seq)}
          onGo={() => {
            markRead(item.seq);
            onGo();
          }}
        />
      ))}
    </ul>
  );
}

/** Opens the card of an item as the board does: Back closes it. */
const useOpen = () => {
  const navigate = useNavigate();
  const location = useLocation();
  const newest = useRef(null);
  newest.current = (item) => {
    markRead(item.seq);
    if (!item.task_id) return;
    const inPanel = new URLSearchParams(location.search).has("card");
    const state = inPanel ? location.state : { fromBoard: true };
    const path = withFinding(`/?card=${encodeURIComponent(item.task_id)}`);
    navigate(path, { replace: inPanel, state, preventScrollReset: true });
  };
  return newest;
};

/** `newest` is the number of the newest notification, below 0 while that is not known. */
export function NotificationCentre({ newest }) {
  const told = useTold();
  const sheet = useRef(null);
  const [open, setOpen] = useState(false);
  const [kind, setKind] = useState("all");
  const [inSettings, setInSettings] = useState(false);
  const openItem = useOpen();

  useEffect(holdInView, []);
  useEffect(() => {
    if (newest >= 0) follow(newest, (items) => announce(items, (item) => openItem.current(item)));
  }, [newest]);

  const unread = told.read ? told.items.filter((item) => !isRead(told.read, item.seq)).length : 0;
  const close = () => sheet.current.hidePopover();
  return (
    <>
      <button
        type="button"
        className="icon-button bell"
        aria-label={unread ? `Notifications, ${unread} unread` : "Notifications"}
        aria-expanded={open}
        data-testid="notifications"
        popoverTarget={SHEET}
      >
        <Bell />
        {unread > 0 && <span className="finder-set num">{unread > 99 ? "99+" : unread}</span>}
      </button>
      <div
        ref={sheet}
        id={SHEET}
        className="popup told-sheet"
        popover="auto"
        role="group"
        aria-label="Notifications"
        onToggle={(event) => {
          setOpen(event.newState === "open");
          if (event.newState === "open") fetchAll();
          else setInSettings(false);
        }}
      >
        {open && (
          <>
            <div className="told-bar">
              <h2>{inSettings ? "How to tell me" : "Notifications"}</h2>
              {!inSettings && (
                <button
                  type="button"
                  className="quiet"
                  data-testid="notifications-read"
                  disabled={unread === 0}
                  onClick={markAll}
                >
                  Mark all read
                </button>
              )}
              <button
                type="button"
                className="quiet"
                data-testid="notifications-settings"
                onClick={() => setInSettings(!inSettings)}
              >
                {inSettings ? "Back" : "Settings"}
              </button>
              <button type="button" className="icon-button told-close" aria-label="Close notifications" onClick={close}>
                <svg viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" aria-hidden="true">
                  <path d="M4 4l8 8M12 4l-8 8" />
                </svg>
              </button>
            </div>
            {inSettings ? (
              <ToldSettings titles={TITLES} />
            ) : (
              <>
                <div className="told-kinds" role="group" aria-label="Show">
                  {KINDS.map(([value, title]) => (
                    <button
                      key={value}
                      type="button"
                      aria-pressed={kind === value}
                      data-testid={`notifications-${value}`}
                      onClick={() => setKind(value)}
                    >
                      {title}
                    </button>
                  ))}
                </div>
                <List told={told} kind={kind} onGo={close} />
              </>
            )}
          </>
        )}
      </div>
    </>
  );
}
