// The board: columns, drag and drop, the card menu and the questions that some moves ask first. The order shown is the
// server's plus the moves that it has not acknowledged; while a card is dragged the order stands still.
import { useCallback, useMemo, useState } from "react";
import { useNavigate } from "react-router";
import { DragDropContext, useKeyboardSensor, useMouseSensor } from "@hello-pangea/dnd";
import * as say from "./announcements.js";
import { useMouseOnCards } from "./card_sensors.js";
import { Column } from "./column.jsx";
import { Question } from "./dialog.jsx";
import { useKeptFocus } from "./kept_focus.js";
import { useLiveStore } from "./live_store.js";
import { CardMenu, entriesFor } from "./menu.jsx";
import { useOperations } from "./operations.js";
import { applyMoves, cardAbove, columnOf } from "./order.js";
import { questionFor } from "./questions.js";
import { Switcher, useCurrentColumn, usePhone } from "./switcher.jsx";
import { Targets, useAim } from "./targets.jsx";

const FOLDABLE = "completed";

// What is done with a card as it is, by the menu's entry.
const HANDLERS = {
  start: "onStart",
  cancel: "onCancel",
  retry: "onRetry",
  edit: "onEdit",
  "queue-first": "onQueueFirst",
  "queue-later": "onQueueLater",
};

export function KanbanBoard({ columns, shards, live, acked, asked, hydrations, hints, renderCard, ...handlers }) {
  const { onMove, onAsk } = handlers;
  const cards = useMemo(() => Object.assign({}, ...shards), shards);
  const store = useLiveStore(live);
  const operations = useOperations({ acked, asked, hydrations, onMove, onAsk });
  const [frozen, setFrozen] = useState(null);
  const [menu, setMenu] = useState(null);
  const [question, setQuestion] = useState(null);
  const [news, setNews] = useState("");
  const [expanded, setExpanded] = useState(false);
  const [current, setCurrent] = useCurrentColumn(columns);
  const phone = usePhone();
  const navigate = useNavigate();

  const wished = question?.move ? [...operations.open, question.move] : operations.open;
  const order = useMemo(() => applyMoves(columns, wished), [columns, operations.open, question]);
  const shown = frozen?.order ?? order;
  const known = useMemo(() => (frozen ? { ...frozen.cards, ...cards } : cards), [frozen, cards]);
  const home = frozen && columnOf(shown, frozen.id);
  const aim = useAim({
    active: frozen !== null && phone,
    columns: shown,
    from: home?.id,
    onAim: (column) => setNews(say.over(placeAtEnd(column, frozen.id))),
  });
  const sensors = useMemo(() => [useMouseSensor, useKeyboardSensor, useMouseOnCards, aim.sensor], [aim.sensor]);
  useKeptFocus(shown);
  const savingIds = useMemo(() => new Set(operations.open.map((move) => move.id)), [operations.open]);

  const place = (id, column, after) => {
    const ask = questionFor(cards[id], column);
    if (ask) setQuestion({ ...ask, move: { op: "", id, column, after } });
    else operations.request(id, column, after);
  };

  /** Where the library has the card, in words; null where there is no column. */
  const placeOf = (destination, id) => {
    if (!destination) return null;
    const target = shown.find((column) => column.id === destination.droppableId);
    return say.placeIn(target, destination.index, target.ids.filter((other) => other !== id).length + 1);
  };

  const onDragStart = ({ draggableId: id, source }, { announce }) =>
    announce(say.lifted(known[id].title, placeOf(source, id)));

  const onDragUpdate = ({ draggableId: id, destination }, { announce }) => announce(say.over(placeOf(destination, id)));

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
    announce(say.dropped(title, placeOf(destination, id)));
    place(id, target.id, cardAbove(visible, id, destination.index));
  };

  const moveToEnd = (id, columnId, announce) => {
    const target = shown.find((column) => column.id === columnId);
    announce(say.dropped(known[id].title, placeAtEnd(target, id)));
    place(id, target.id, target.ids.filter((other) => other !== id).at(-1) ?? null);
  };

  /** One place up or down among the cards of its column. */
  const nudge = (id, down) => {
    const column = columnOf(shown, id);
    const ids = column.ids.filter((other) => known[other]);
    const at = ids.indexOf(id);
    setNews(say.dropped(known[id].title, say.placeIn(column, at + (down ? 1 : -1), ids.length)));
    place(id, column.id, down ? ids[at + 1] : (ids[at - 2] ?? null));
  };

  const choose = (entry) => {
    const { id, anchor } = menu;
    setMenu(null);
    anchor.focus();
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
        then: () => handlers.onDelete(id),
      });
    } else {
      handlers[HANDLERS[entry]](id);
    }
  };

  const answer = (yes) => {
    const asked = question;
    setQuestion(null);
    if (!yes) return;
    if (asked.move) operations.request(asked.move.id, asked.move.column, asked.move.after);
    asked.then?.();
  };

  // One listener for what the markup of the cards marks as menu button or link, and for the card itself.
  const onClick = (event) => {
    const opener = event.target.closest("[data-menu]");
    if (opener) {
      setMenu(menu?.anchor === opener ? null : { id: opener.dataset.menu, anchor: opener });
      return;
    }
    const link = event.target.closest("a[data-open]");
    if (link && (event.ctrlKey || event.metaKey || event.shiftKey)) return;
    const path = link?.getAttribute("href") ?? pathOfCard(event.target);
    if (!path) return;
    event.preventDefault();
    navigate(path, { preventScrollReset: true });
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
    [shown, known, savingIds, store, current, expanded, phone],
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
        {frozen && phone && <Targets columns={shown} from={home?.id} aimed={aim.aimed} />}
      </DragDropContext>
      <p className="hidden" role="status">
        {news}
      </p>
      {opened && (
        <CardMenu
          anchor={menu.anchor}
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

/** Where a click on the free area of a card leads; undefined on its controls, and after selecting text. */
const pathOfCard = (target) => {
  if (target.closest("a, button, input, select, [role=button], [role=menu]") || !getSelection().isCollapsed) return undefined;
  return target.closest("[data-href]")?.dataset.href;
};
