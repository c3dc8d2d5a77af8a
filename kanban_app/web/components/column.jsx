// One column of the board and the cards in it.
import { memo, startTransition, useEffect, useState } from "react";
import { Draggable, Droppable } from "@hello-pangea/dnd";
import { ColumnMenuButton, Count } from "./column_menu.jsx";
import { FoundInLog } from "./found.jsx";
import { HandleContext } from "./handle.jsx";
import { useLive } from "./live_store.js";

const PAGE = 50;
// As many as a tall screen shows: with more of each column the first sight of a full board would have to wait.
const FIRST = 8;
// The library tells of a drop when the card has come to rest: until then its workflow would wait.
const DROP_TAKES = "90ms";
const STAGES = new Set(["plan", "build", "test", "review", "document"]);

// The markup of a card comes from Python as a function that is new at every render of the page but always does the
// same; so it takes no part in the comparison.
const sameCard = (a, b) => a.card === b.card && a.saving === b.saving && a.store === b.store;

const CardBody = memo(function CardBody({ card, saving, store, render }) {
  const live = useLive(store, card.id);
  return render(card, live ?? card.live, saving);
}, sameCard);

// A card that changes must not cost the others anything, nor the library's work around each of them.
const sameSlot = (a, b) => Object.keys(b).every((name) => name === "render" || a[name] === b[name]);

const Slot = memo(function Slot({ card, index, saving, store, render, line, picking, picked, onPick }) {
  return (
    <Draggable draggableId={card.id} index={index}>
      {(drag, state) => (
        <div
          ref={drag.innerRef}
          {...drag.draggableProps}
          style={state.isDropAnimating ? { ...drag.draggableProps.style, transitionDuration: DROP_TAKES } : drag.draggableProps.style}
          className="slot"
          data-dragging={state.isDragging}
          data-picked={picked}
        >
          {picking && (
            <label className="pick">
              <input
                type="checkbox"
                aria-label={`Select ${card.title}`}
                data-testid={`pick-${card.id}`}
                checked={picked}
                onChange={() => onPick(card.id)}
              />
            </label>
          )}
          <HandleContext.Provider value={drag.dragHandleProps}>
            <CardBody card={card} saving={saving} store={store} render={render} />
          </HandleContext.Provider>
          <FoundInLog id={card.id} line={line} />
        </div>
      )}
    </Draggable>
  );
}, sameSlot);

function Rail({ column, onToggle }) {
  return (
    <button type="button" className="rail-head" aria-expanded="false" onClick={onToggle}>
      <span className="rail-title">{column.title}</span> <Count column={column} />
    </button>
  );
}

function Head({ column, demo, menu, onToggle }) {
  return (
    <header className="column-head">
      <h2>{column.title}</h2>
      <Count column={column} />
      {demo && STAGES.has(column.id) && (
        <span className="badge" title="What is dropped here runs the demonstration">
          DEMO
        </span>
      )}
      {onToggle && (
        <button type="button" className="quiet" aria-expanded="true" onClick={onToggle}>
          Collapse
        </button>
      )}
      {menu && <ColumnMenuButton column={column} />}
    </header>
  );
}

/**
 * `onToggle` is given for a column that can be folded to a rail, `folded` says that it is. `hits`: see `finding.js`.
 * `several` is the selection, `menu` whether the head has the column's menu, `top` what stands above the cards.
 */
export function Column({ column, demo, cards, hits, savingIds, store, render, several, menu, top, ...rest }) {
  const { empty, current, folded, onToggle } = rest;
  const [limit, setLimit] = useState(FIRST);
  useEffect(() => startTransition(() => setLimit(PAGE)), []);
  const known = column.ids.filter((id) => cards[id]);
  const shown = folded ? [] : known.slice(0, limit);
  const hidden = folded ? 0 : known.length - Math.max(shown.length, PAGE);
  return (
    <section
      className="column"
      aria-label={column.title}
      data-testid={`column-${column.id}`}
      data-count={column.count}
      data-current={current}
      data-folded={folded}
      data-colour={column.colour}
    >
      {folded ? <Rail column={column} onToggle={onToggle} /> : <Head column={column} demo={demo} menu={menu} onToggle={onToggle} />}
      {top}
      <Droppable droppableId={column.id}>
        {(drop, state) => (
          <div ref={drop.innerRef} {...drop.droppableProps} className="cards" data-over={state.isDraggingOver}>
            {shown.map((id, index) => (
              <Slot
                key={id}
                card={cards[id]}
                index={index}
                saving={savingIds.has(id)}
                store={store}
                render={render}
                line={hits[id]?.log?.text}
                picking={several.picking}
                picked={several.chosen.has(id)}
                onPick={several.toggle}
              />
            ))}
            {drop.placeholder}
            {!folded && column.count > 0 && known.length === 0 && <p className="empty">No match here.</p>}
            {!folded && column.count === 0 && !state.isDraggingOver && <p className="empty">{empty}</p>}
            {hidden > 0 && (
              <button type="button" className="more" onClick={() => setLimit(limit + PAGE)}>
                Show {Math.min(hidden, PAGE)} more of {hidden}
              </button>
            )}
          </div>
        )}
      </Droppable>
    </section>
  );
}

