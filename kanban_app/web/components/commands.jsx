// What can be done from anywhere on the page: the command palette, the keys and their help sheet, and copying.
import { useEffect, useLayoutEffect, useState } from "react";
import { flushSync } from "react-dom";
import { useNavigate } from "react-router";
import { boardNow, closePalette, openPalette, say, usePalette } from "./board_link.js";
import { cardInMind, focusedCard, openedCard, useEscapeLeaves, useLeaveCard } from "./card_place.js";
import { copy } from "./clipboard.js";
import { holdKeys } from "./early_keys.js";
import { isNarrowed } from "./finding.js";
import { clearAll, useFinding } from "./finding_store.js";
import { later } from "./late.jsx";
import { doShortcut, useShortcuts } from "./shortcut_keys.js";
import { SHORTCUTS } from "./shortcuts.js";
import { neighbour } from "./walking.js";

const WAYS = ["down", "up", "left", "right"];
const OF_CARD = SHORTCUTS.flatMap(({ rows }) => rows).filter(({ ofCard }) => ofCard);
const DOWN = ["reconnecting", "paused", "offline"];

// Nothing of one of them keeps the other from being shown.
const Palette = later(() => import("./palette.jsx").then((code) => code.Palette), "in quiet");
const ShortcutSheet = later(() => import("./shortcut_sheet.jsx").then((code) => code.ShortcutSheet), "in quiet");

const inPanel = () => document.activeElement?.closest(".panel") != null;

const columnsOnScreen = () =>
  [...document.querySelectorAll(".board > .column")].map((column) => ({
    id: column.dataset.testid.slice("column-".length),
    cards: [...column.querySelectorAll("[data-card]")].map((card) => card.dataset.card),
  }));

const focusCard = (id) => {
  const card = document.querySelector(`[data-card="${CSS.escape(id)}"]`);
  card?.querySelector(".card-title a")?.focus({ preventScroll: true });
  card?.scrollIntoView({ block: "nearest", inline: "nearest" });
};

/** The first card of the column that is in view. */
const firstCard = () => {
  const columns = [...document.querySelectorAll(".board > .column")].filter((column) => column.querySelector("[data-card]"));
  const shown = columns.find((column) => column.checkVisibility() && column.getBoundingClientRect().right > 0);
  return shown?.querySelector("[data-card]").dataset.card;
};

const goToColumn = (id) => {
  const board = boardNow();
  // A panel that covers the board would hide where it leads.
  if (document.querySelector(".main[inert]")) board?.leave();
  flushSync(() => board?.showColumn(id));
  const column = document.querySelector(`[data-testid="column-${CSS.escape(id)}"]`);
  column?.scrollIntoView({ inline: "center", block: "nearest" });
  column?.querySelector(".card-title a, .rail-head")?.focus({ preventScroll: true });
};

/** The next card of a column that shows only its first ones. */
const oneMore = (id) => {
  const button = document.querySelector(`[data-card="${CSS.escape(id)}"]`)?.closest(".column").querySelector(".more");
  flushSync(() => button?.click());
  return neighbour(columnsOnScreen(), id, "down");
};

/** One card further, in the panel to the next card's panel; false where the key is not meant for cards. */
const walk = (way, event) => {
  const board = boardNow();
  const letter = event.key.length === 1;
  const from = cardInMind();
  // The arrow keys scroll, unless a card has the focus.
  if (!board || (!letter && !focusedCard())) return false;
  const next = from ? neighbour(columnsOnScreen(), from, way) ?? (way === "down" && oneMore(from)) : { id: firstCard() };
  if (!next?.id) return true;
  if (inPanel()) {
    board.open(next.id);
    return true;
  }
  flushSync(() => next.column && board.showColumn(next.column));
  focusCard(next.id);
  return true;
};

/** An entry of the menu of the card that has the focus or is open. */
const actOnCard = ({ id: entry, words }) => {
  const board = boardNow();
  const id = cardInMind();
  const card = board?.cards[id];
  if (!card) return false;
  const possible = board.entriesOf(id).some(({ id: other, off }) => other === entry && !off);
  if (possible) board.choose(entry, id);
  else say({ title: `“${words.replace("…", "")}” is not possible now`, text: card.title });
  return true;
};

const askAbout = (step) => {
  const id = cardInMind();
  if (!boardNow()?.cards[id]) return false;
  openPalette(step, id);
  return true;
};

const press = (selector) => document.querySelector(selector)?.click();

/** `connection` is the state of the connection to the workflow service. */
export function Commands({ connection, onNew, onTheme, onRetry, onConnect, onDisconnect }) {
  const navigate = useNavigate();
  // Here and not on the board, whose code may not have come: the panel may have.
  useEscapeLeaves(useLeaveCard());
  const { finding } = useFinding();
  const [helping, setHelping] = useState(false);
  const wanted = usePalette() !== null;
  const covered = wanted && document.querySelector(".header[inert]") !== null;

  const does = {
    new: onNew,
    find: () => doShortcut("find"),
    filter: () => press('[data-testid="filter"]'),
    clear: clearAll,
    undo: () => doShortcut("undo") || say({ title: "There is nothing to undo", text: "" }),
    redo: () => doShortcut("redo") || say({ title: "There is nothing to redo", text: "" }),
    theme: onTheme,
    help: () => setHelping(true),
    retry: onRetry,
    connect: onConnect,
    disconnect: onDisconnect,
    settings: () => navigate("/settings/"),
    connection: () => navigate("/connection/"),
    status: () => navigate("/status/"),
    audit: () => navigate("/audit/"),
  };
  const commands = [
    { id: "new", label: "New card" },
    { id: "find", label: "Search", when: !covered },
    { id: "filter", label: "Filter and sort", when: !covered },
    { id: "clear", label: "Clear search, filters and sort", when: isNarrowed(finding) || finding.sort !== "own" },
    { id: "undo", label: "Undo" },
    { id: "redo", label: "Redo" },
    { id: "go", label: "Go to column…", step: "column" },
    { id: "theme", label: "Switch between light and dark" },
    { id: "help", label: "Keyboard shortcuts" },
    { id: "retry", label: "Retry the connection now", when: DOWN.includes(connection) },
    { id: "connect", label: "Connect to the workflow service", when: connection === "disconnected" },
    { id: "disconnect", label: "Disconnect from the workflow service", when: connection === "connected" },
    { id: "settings", label: "Settings, import and export" },
    { id: "status", label: "Status: health, alerts and charts" },
    { id: "connection", label: "Connection details" },
    { id: "audit", label: "Audit log: who did what" },
  ];
  const carryOut = {
    do: (id) => does[id](),
    act: (entry, id) => boardNow()?.choose(entry, id),
    open: (id, tab) => boardNow()?.open(id, tab),
    column: goToColumn,
    copy: async (label, text) => {
      const done = await copy(text);
      say(done ? { title: `Copied: ${label}`, text } : { title: "The browser lets nothing be copied from here", text, byHand: true });
    },
  };

  useShortcuts({
    palette: () => openPalette("all", cardInMind()),
    new: does.new,
    help: does.help,
    actions: () => askAbout("card"),
    move: () => askAbout("move"),
    ...Object.fromEntries(WAYS.map((way) => [way, (event) => walk(way, event)])),
    ...Object.fromEntries(OF_CARD.map((row) => [row.id, () => actOnCard(row)])),
  });
  useEffect(() => {
    const onClick = (event) => {
      const opener = event.target.closest("[data-palette]");
      if (opener) openPalette(opener.dataset.palette, openedCard());
    };
    document.addEventListener("click", onClick);
    return () => document.removeEventListener("click", onClick);
  }, []);

  useLayoutEffect(() => (wanted ? holdKeys(closePalette) : undefined), [wanted]);

  return (
    <>
      <Palette wanted={wanted} commands={commands} onDo={(what, ...about) => carryOut[what](...about)} />
      <ShortcutSheet wanted={helping} open={helping} onClose={() => setHelping(false)} />
    </>
  );
}
