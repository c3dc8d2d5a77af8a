// The board: columns, drag and drop, the card menu and the questions that some moves ask first. The order shown is the
// server's plus the moves that it has not acknowledged; while a card is dragged the order stands still.
import { useCallback, useMemo, useState } from "react";
import { useNavigate } from "react-router";
import { DragDropContext } from "@hello-pangea/dnd";
import { Column } from "./column.jsx";
import { Question } from "./dialog.jsx";
import { useLiveStore } from "./live_store.js";
import { CardMenu, entriesFor } from "./menu.jsx";
import { useOperations } from "./operations.js";
import { applyMoves, cardAbove, columnOf } from "./order.js";
import { questionFor } from "./questions.js";
import { Switcher, useCurrentColumn, usePhone } from "./switcher.jsx";

const FOLDABLE = "completed";

export function KanbanBoard({ columns, shards, live, acked, asked, hydrations, hints, renderCard, ...handlers }) {
  const { onMove, onAsk } = handlers;
  const cards = useMemo(() => Object.assign({}, ...shards), shards);
  const store = useLiveStore(live);
  const operations = useOperations({ acked, asked, hydrations, onMove, onAsk });
  const [frozen, setFrozen] = useState(null);
  const [menu, setMenu] = useState(null);
  const [question, setQuestion] = useState(null);
  const [expanded, setExpanded] = useState(false);
  const [current, setCurrent] = useCurrentColumn(columns);
  const phone = usePhone();
  const navigate = useNavigate();

  const wished = question?.move ? [...operations.open, question.move] : operations.open;
  const order = useMemo(() => applyMoves(columns, wished), [columns, operations.open, question]);
  const shown = frozen?.order ?? order;
  const known = frozen ? { ...frozen.cards, ...cards } : cards;
  const savingIds = useMemo(() => new Set(operations.open.map((move) => move.id)), [operations.open]);

  const place = (id, column, after) => {
    const ask = questionFor(cards[id], column);
    if (ask) setQuestion({ ...ask, move: { op: "", id, column, after } });
    else operations.request(id, column, after);
  };

  const onDragEnd = ({ draggableId: id, source, destination }) => {
    setFrozen(null);
    if (!destination) return;
    if (destination.droppableId === source.droppableId && destination.index === source.index) return;
    const target = shown.find((column) => column.id === destination.droppableId);
    const folded = target.id === FOLDABLE && !expanded && !phone;
    const visible = folded ? [] : target.ids.filter((other) => known[other]);
    place(id, target.id, cardAbove(visible, id, destination.index));
  };

  const choose = (entry) => {
    const { id, anchor } = menu;
    setMenu(null);
    anchor.focus();
    if (entry.startsWith("move-to-")) {
      const target = shown.find((column) => column.id === entry.slice("move-to-".length));
      place(id, target.id, target.ids.filter((other) => other !== id).at(-1) ?? null);
    } else if (entry === "delete") {
      setQuestion({
        title: "Delete this card?",
        text: cards[id]?.title,
        confirm: "Delete",
        danger: true,
        then: () => handlers.onDelete(id),
      });
    } else {
      handlers[{ start: "onStart", cancel: "onCancel", retry: "onRetry", edit: "onEdit" }[entry]](id);
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
  const onBeforeCapture = () => {
    setMenu(null);
    setFrozen({ order, cards });
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
    [shown, cards, frozen, savingIds, store, current, expanded, phone],
  );

  const opened = menu && known[menu.id];
  return (
    <>
      <Switcher columns={shown} current={current} onChange={setCurrent} />
      <DragDropContext onBeforeCapture={onBeforeCapture} onDragEnd={onDragEnd}>
        <div className="board" data-testid="board" data-dragging={frozen !== null} onClick={onClick}>
          {tree}
        </div>
      </DragDropContext>
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

/** Where a click on the free area of a card leads; undefined on its controls, and after selecting text. */
const pathOfCard = (target) => {
  if (target.closest("a, button, input, select, [role=button], [role=menu]") || !getSelection().isCollapsed) return undefined;
  return target.closest("[data-href]")?.dataset.href;
};
