// A card in the hand: what is told of it on its way, and where it goes when it is let go.
import { useMemo, useRef } from "react";
import { useKeyboardSensor, useMouseSensor } from "@hello-pangea/dnd";
import * as say from "./announcements.js";
import { useMouseOnCards } from "./card_sensors.js";
import { showGap } from "./drop_gap.js";
import { moveCard, moveToEnd, placeAtEnd } from "./moves.js";
import { cardAbove, columnOf } from "./order.js";
import { useAim } from "./targets.jsx";

/**
 * The drag of the card with the id `lifted`, if any; for `board` see `board.jsx`. `drag` goes to the library, `home` is the
 * column that the card comes from, and `aimed` the one at which it is aimed on a narrow screen. In a column that is
 * `folded` there are no places.
 */
export const useDrag = (board, lifted, letGo, folded) => {
  const { shown, known, phone, tell } = board;
  const hover = useRef(null);
  const home = lifted && columnOf(shown, lifted);
  const aim = useAim({
    active: lifted !== undefined && phone,
    columns: shown,
    from: home?.id,
    onAim: (column) => tell(say.over(column ? placeAtEnd(column, lifted) : placeOf(hover.current, lifted))),
  });
  const sensors = useMemo(() => [useMouseSensor, useKeyboardSensor, useMouseOnCards, aim.sensor], [aim.sensor]);

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
    letGo();
    const { title } = known[id];
    const aimed = reason === "DROP" ? aim.taken() : (aim.taken(), null);
    if (aimed) {
      moveToEnd(board, id, aimed, announce);
      return;
    }
    const stays = destination?.droppableId === source.droppableId && destination.index === source.index;
    if (!destination || stays) {
      announce(say.putBack(title, columnOf(shown, id)));
      return;
    }
    const target = shown.find((column) => column.id === destination.droppableId);
    if (board.sorted) {
      if (destination.droppableId === source.droppableId) announce(say.sortedPlace(title, target));
      else moveToEnd(board, id, target.id, announce);
      return;
    }
    const beside = folded(target.id) ? [] : target.ids.filter((other) => known[other]);
    const after = cardAbove(beside, id, destination.index);
    moveCard(board, { id, column: target.id, after }, placeOf(destination, id), announce);
  };

  return { home, aimed: aim.aimed, drag: { sensors, onDragStart, onDragUpdate, onDragEnd } };
};
