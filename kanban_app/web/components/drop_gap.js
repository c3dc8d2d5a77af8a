// Where the card in the hand would go: the stylesheet draws a frame into the gap that the library opens. Places are
// measured without the library's shifts, which are transforms, and so hold while the cards are still on their way.

const slotsOf = (zone, id) => [...zone.querySelectorAll(".slot")].filter((slot) => slot.dataset.rfdDraggableId !== id);

const topOf = (zone, slots, index) => {
  if (slots[index]) return slots[index].offsetTop;
  const last = slots.at(-1);
  if (!last) return parseFloat(getComputedStyle(zone).paddingTop);
  return last.offsetTop + last.offsetHeight + parseFloat(getComputedStyle(last).marginBottom);
};

/** Put the frame for card `id` to the place where the library has it; nothing where it is over no column. */
export const showGap = (id, destination) => {
  const zone = destination && document.querySelector(`[data-rfd-droppable-id="${CSS.escape(destination.droppableId)}"]`);
  const card = document.querySelector(`.slot[data-rfd-draggable-id="${CSS.escape(id)}"]`);
  if (!zone || !card) return;
  zone.style.setProperty("--gap-top", `${topOf(zone, slotsOf(zone, id), destination.index)}px`);
  zone.style.setProperty("--gap-height", `${card.offsetHeight}px`);
};
