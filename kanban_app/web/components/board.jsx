// The board: columns, drag and drop, the card menu and the questions that some moves ask first. The order shown is the
// server's plus the moves that it has not acknowledged; while a card is dragged the order stands still.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { DragDropContext, useKeyboardSensor, useMouseSensor } from "@hello-pangea/dnd";
import * as say from "./announcements.js";
import { useMouseOnCards } from "./card_sensors.js";
import { Column } from "./column.jsx";
import { Question } from "./dialog.jsx";
import { showGap } from "./drop_gap.js";
import { useKeptFocus } from "./kept_focus.js";
import { useLiveStore } from "./live_store.js";
import { CardMenu, entriesFor, menuButton } from "./menu.jsx";
import { useOperations } from "./operations.js";
import { applyMoves, cardAbove, columnOf } from "./order.js";
import { questionFor } from "./questions.js";
import { Switcher, useCurrentColumn, usePhone } from "./switcher.jsx";
import { Targets, useAim } from "./targets.jsx";

const FOLDABLE = "completed";

export function KanbanBoard({ columns, demo, shards, live, acked, asked, hydrations, hints, renderCard, ...handlers }) {
  const { onMove, onAct, onAsk } = handlers;
  const cards = useMemo(() => Object.assign({}, ...shards), shards);
  const store = useLiveStore(live);
  const operations = useOperations({ acked, asked, hydrations, onMove, onAct, onAsk });
  const [frozen, setFrozen] = useState(null);
  const [menu, setMenu] = useState(null);
  const [question, setQuestion] = useState(null);
  const [news, setNews] = useState("");
  const [expanded, setExpanded] = useState(false);
  const [current, setCurrent] = useCurrentColumn(columns);
  const phone = usePhone();
  const navigate = useNavigate();
  const location = useLocation();
  const hover = useRef(null);

  const wished = question?.move ? [...operations.moves, question.move] : operations.moves;
  const order = useMemo(() => applyMoves(columns, wished), [columns, operations.moves, question]);
  const shown = frozen?.order ?? order;
  const known = useMemo(() => (frozen ? { ...frozen.cards, ...cards } : cards), [frozen, cards]);
  const home = frozen && columnOf(shown, frozen.id);
  const aim = useAim({
    active: frozen !== null && phone,
    columns: shown,
    from: home?.id,
    onAim: (column) => setNews(say.over(column ? placeAtEnd(column, frozen.id) : placeOf(hover.current, frozen.id))),
  });
  const sensors = useMemo(() => [useMouseSensor, useKeyboardSensor, useMouseOnCards, aim.sensor], [aim.sensor]);
  useKeptFocus(shown);
  const savingIds = useMemo(() => new Set(operations.open.map((operation) => operation.id)), [operations.open]);

  /** Make a move, or ask about it first; what comes of it is said by `tell`, after the answer where there is one. */
  const place = (move, where, tell) => {
    const ask = questionFor(cards[move.id], move.column);
    const done = say.dropped(known[move.id].title, where);
    if (ask) {
      tell(say.asked(ask.title));
      setQuestion({ ...ask, move: { op: "", ...move }, done });
    } else {
      tell(done);
      operations.move(move.id, move.column, move.after);
    }
  };

  /** Where the library has the card, in words; null where there is no column. */
  const placeOf = (destination, id) => {
    if (!destination) return null;
    const target = shown.find((column) => column.id === destination.droppableId);
    return say.placeIn(target, destination.index, target.ids.filter((other) => other !== id).length + 1);
  };

  const onDragStart = ({ draggableId: id, source }, { announce }) => {
    hover.current = source;
    showGap(id, source);
    announce(say.lifted(known[id].title, placeOf(source, id)));
  };

  const onDragUpdate = ({ draggableId: id, destination }, { announce }) => {
    hover.current = destination;
    showGap(id, destination);
    announce(say.over(placeOf(destination, id)));
  };

  const onDragEnd = ({ draggableId: id, source, destination, reason }, { announce }) => {
    setFrozen(null);
    const { title } = known[id];
    const aimed = reason === "DROP" ? aim.taken() : (aim.taken(), null);
    if (aimed) {
      moveToEnd(id, aimed, announce);
      return;
    }
    const stays = destination?.droppableId === source.droppableId && destination.index === source.index;
    if (!destination || stays) {
      announce(say.putBack(title, columnOf(shown, id)));
      return;
    }
    const target = shown.find((column) => column.id === destination.droppableId);
    const folded = target.id === FOLDABLE && !expanded && !phone;
    const visible = folded ? [] : target.ids.filter((other) => known[other]);
    const after = cardAbove(visible, id, destination.index);
    place({ id, column: target.id, after }, placeOf(destination, id), announce);
  };

  const moveToEnd = (id, columnId, tell) => {
    const target = shown.find((column) => column.id === columnId);
    const after = target.ids.filter((other) => other !== id).at(-1) ?? null;
    place({ id, column: target.id, after }, placeAtEnd(target, id), tell);
  };

  /** One place up or down among the cards of its column. */
  const nudge = (id, down) => {
    const column = columnOf(shown, id);
    const ids = column.ids.filter((other) => known[other]);
    const at = ids.indexOf(id);
    const after = down ? ids[at + 1] : (ids[at - 2] ?? null);
    place({ id, column: column.id, after }, say.placeIn(column, at + (down ? 1 : -1), ids.length), setNews);
  };

  const choose = (entry) => {
    const { id } = menu;
    setMenu(null);
    menuButton(id)?.focus();
    if (entry.startsWith("move-to-")) {
      moveToEnd(id, entry.slice("move-to-".length), setNews);
    } else if (entry === "move-up" || entry === "move-down") {
      nudge(id, entry === "move-down");
    } else if (entry === "delete") {
      setQuestion({
        title: "Delete this card?",
        text: cards[id]?.title,
        confirm: "Delete",
        danger: true,
        then: () => operations.act("delete", id, cards[id]?.attempt_id ?? ""),
      });
    } else if (entry === "edit") {
      handlers.onEdit(id);
    } else {
      operations.act(entry, id, cards[id]?.attempt_id ?? "");
    }
  };

  const answer = (yes) => {
    const asked = question;
    setQuestion(null);
    if (asked.move) {
      const { id, column, after } = asked.move;
      setNews(yes ? asked.done : say.putBack(known[id].title, columnOf(columns, id)));
      if (yes) operations.move(id, column, after);
    }
    if (yes) asked.then?.();
  };

  const hasModifier = (event) => event.ctrlKey || event.metaKey || event.shiftKey;
  const show = (event, path) => {
    event.preventDefault();
    // One entry of the history for the panel, whichever cards are looked at in it: closing it is going back.
    const inPanel = new URLSearchParams(location.search).has("card");
    navigate(path, { replace: inPanel, state: inPanel ? location.state : { fromBoard: true }, preventScrollReset: true });
  };

  // Buttons of the cards, of the panel and of toasts, and the links of toasts: these are no part of the board.
  const { act } = operations;
  useEffect(() => {
    const onPress = (event) => {
      const button = event.target.closest("button[data-act-on]");
      if (button) act(button.dataset.decision, button.dataset.actOn, button.dataset.attempt);
      const link = event.target.closest("a[data-show]");
      if (link && !hasModifier(event)) show(event, link.getAttribute("href"));
    };
    document.addEventListener("click", onPress);
    return () => document.removeEventListener("click", onPress);
  }, [act, location]);

  // One listener for what the markup of the cards marks as menu button or link, and for the card itself.
  const onClick = (event) => {
    const opener = event.target.closest("[data-menu]");
    if (opener) {
      setMenu(menu?.id === opener.dataset.menu ? null : { id: opener.dataset.menu });
      return;
    }
    const link = event.target.closest("a[data-open]");
    if (link && hasModifier(event)) return;
    const path = link?.getAttribute("href") ?? pathOfCard(event.target);
    if (path) show(event, path);
  };

  const closeMenu = useCallback(() => setMenu(null), []);
  const onBeforeCapture = ({ draggableId: id }) => {
    setMenu(null);
    setFrozen({ id, order, cards });
  };

  const tree = useMemo(
    () =>
      shown.map((column) => {
        const foldable = column.id === FOLDABLE && !phone;
        return (
          <Column
            key={column.id}
            column={column}
            demo={demo}
            cards={known}
            savingIds={savingIds}
            store={store}
            render={renderCard}
            empty={hints[column.id]}
            current={column.id === current}
            folded={foldable && !expanded}
            onToggle={foldable ? () => setExpanded(!expanded) : undefined}
          />
        );
      }),
    [shown, demo, known, savingIds, store, current, expanded, phone],
  );

  const opened = menu && known[menu.id];
  return (
    <>
      <Switcher columns={shown} current={current} onChange={setCurrent} />
      <DragDropContext
        enableDefaultSensors={false}
        sensors={sensors}
        dragHandleUsageInstructions={say.INSTRUCTIONS}
        onBeforeCapture={onBeforeCapture}
        onDragStart={onDragStart}
        onDragUpdate={onDragUpdate}
        onDragEnd={onDragEnd}
      >
        <div
          className="board"
          data-testid="board"
          data-dragging={frozen !== null}
          data-aimed={aim.aimed !== null}
          onClick={onClick}
        >
          {tree}
        </div>
        {frozen && phone && <Targets columns={shown} from={home?.id} aimed={aim.aimed} card={known[frozen.id]} />}
      </DragDropContext>
      <p className="hidden" role="status">
        {news}
      </p>
      {opened && (
        <CardMenu
          id={menu.id}
          entries={entriesFor(opened, shown)}
          label={`Actions for ${opened.title}`}
          onChoose={choose}
          onClose={closeMenu}
        />
      )}
      <Question ask={question} onYes={() => answer(true)} onNo={() => answer(false)} />
    </>
  );
}

const placeAtEnd = (column, id) => {
  const others = column.ids.filter((other) => other !== id).length;
  return say.placeIn(column, others, others + 1);
};

/** Where a click on the free area of a card leads; undefined on its controls, and after selecting text in it. */
const pathOfCard = (target) => {
  if (target.closest("a, button, input, select, [role=button], [role=menu]")) return undefined;
  const card = target.closest("[data-href]");
  const selection = getSelection();
  if (!selection.isCollapsed && card?.contains(selection.anchorNode)) return undefined;
  return card?.dataset.href;
};
