// The focus stays with its card: React makes a card anew where it goes, and the focus would fall to the page.
import { useEffect, useLayoutEffect, useRef } from "react";
import { columnOf } from "./order.js";

const ASIDE = "dialog, [role=menu]";
// What acts for cards and goes: by keys its card has the focus again, while a press on it is about no card.
const FOR_CARDS = `${ASIDE}, .selection`;

const partOf = (target) => {
  const id = target.closest(".slot")?.querySelector("[data-card]")?.dataset.card;
  if (!id) return null;
  if (target.matches(".handle")) return { id, selector: `[data-card="${id}"] .handle` };
  return { id, selector: target.dataset.menu ? `[data-menu="${id}"]` : `[data-open="${id}"]` };
};

/** `columns` is the order shown. On a narrow screen a card that has left the screen hands over to its column's chip. */
export const useKeptFocus = (columns) => {
  const kept = useRef(null);

  useEffect(() => {
    const onFocus = (event) => {
      if (!event.target.closest?.(FOR_CARDS)) kept.current = partOf(event.target);
    };
    const onPointer = (event) => {
      if (!event.target.closest?.(`[data-card], ${ASIDE}`)) kept.current = null;
    };
    document.addEventListener("focusin", onFocus);
    document.addEventListener("pointerdown", onPointer);
    return () => {
      document.removeEventListener("focusin", onFocus);
      document.removeEventListener("pointerdown", onPointer);
    };
  }, []);

  useLayoutEffect(() => {
    const part = kept.current;
    if (!part || document.activeElement !== document.body || document.querySelector(":modal")) return;
    const element = document.querySelector(part.selector);
    if (element?.checkVisibility()) element.focus();
    else document.querySelector(`.switcher [data-column="${columnOf(columns, part.id)?.id}"]`)?.focus();
  });
};
