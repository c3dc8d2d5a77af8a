// One column of the board and the cards in it.
import { memo, useState } from "react";
import { Draggable, Droppable } from "@hello-pangea/dnd";
import { HandleContext } from "./handle.jsx";
import { useLive } from "./live_store.js";

const PAGE = 50;
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

function Slot({ card, index, saving, store, render }) {
  return (
    <Draggable draggableId={card.id} index={index}>
      {(drag, state) => (
        <div
          ref={drag.innerRef}
          {...drag.draggableProps}
          style={state.isDropAnimating ? { ...drag.draggableProps.style, transitionDuration: DROP_TAKES } : drag.draggableProps.style}
          className="slot"
          data-dragging={state.isDragging}
        >
          <HandleContext.Provider value={drag.dragHandleProps}>
            <CardBody card={card} saving={saving} store={store} render={render} />
          </HandleContext.Provider>
        </div>
      )}
    </Draggable>
  );
}

function Rail({ column, onToggle }) {
  return (
    <button type="button" className="rail-head" aria-expanded="false" onClick={onToggle}>
      <span className="rail-title">{column.title}</span> <span className="count">{column.count}</span>
    </button>
  );
}

function Head({ column, demo, onToggle }) {
  return (
    <header className="column-head">
      <h2>{column.title}</h2>
      <span className="count">{column.count}</span>
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
    </header>
  );
}

/** `onToggle` is given for a column that can be folded to a rail, `folded` says that it is. */
export function Column({ column, demo, cards, savingIds, store, render, empty, current, folded, onToggle }) {
  const [limit, setLimit] = useState(PAGE);
  const known = column.ids.filter((id) => cards[id]);
  const shown = folded ? [] : known.slice(0, limit);
  const hidden = folded ? 0 : known.length - shown.length;
  return (
    <section
      className="column"
      aria-label={column.title}
      data-testid={`column-${column.id}`}
      data-count={column.count}
      data-current={current}
      data-folded={folded}
    >
      {folded ? <Rail column={column} onToggle={onToggle} /> : <Head column={column} demo={demo} onToggle={onToggle} />}
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
              />
            ))}
            {drop.placeholder}
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

