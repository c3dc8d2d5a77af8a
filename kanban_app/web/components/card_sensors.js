// How hello-pangea's board is told that a card is lifted by its body: with the mouse after a few pixels, with a finger
// after a long press. The handle has the library's own mouse and keyboard; a finger on it comes here too.
import { useEffect } from "react";

const PRESS_MS = 220;
const SLOP = 8;
const DRIFT = 5;
const CONTROLS = "button, input, select, textarea, .card-actions";
const HANDLE = "[data-rfd-drag-handle-draggable-id]";
const AFTERWARDS = { shouldBlockNextClick: true };

const cardAt = (target) => target.closest?.(".slot")?.dataset.rfdDraggableId;
const pointOf = ({ clientX: x, clientY: y }) => ({ x, y });
const isApart = (a, b, least) => Math.abs(a.x - b.x) > least || Math.abs(a.y - b.y) > least;

const listen = (target, listeners, options) => {
  for (const [name, listener] of Object.entries(listeners)) target.addEventListener(name, listener, options);
  return () => {
    for (const [name, listener] of Object.entries(listeners)) target.removeEventListener(name, listener, options);
  };
};

/** One press from its beginning to drop or cancel; `over` is called when it has ended in whichever way. */
const createPress = (api, id, event, from, over) => {
  const press = { from, drag: null };
  const finish = () => {
    over();
    stopListening();
  };
  const lock = api.tryGetLock(id, finish, { sourceEvent: event });
  if (!lock) return null;
  press.lift = () => (press.drag = lock.fluidLift(from));
  press.drop = () => {
    finish();
    if (press.drag?.isActive()) press.drag.drop(AFTERWARDS);
    else if (lock.isActive()) lock.abort();
  };
  press.cancel = () => {
    finish();
    if (press.drag?.isActive()) press.drag.cancel(AFTERWARDS);
    else if (lock.isActive()) lock.abort();
  };
  const onKey = (key) => {
    if (key.key !== "Escape") return;
    key.preventDefault();
    press.cancel();
  };
  const stopListening = listen(window, { keydown: onKey, resize: press.cancel, blur: press.cancel });
  return press;
};

/** A finger. `onPoint` hears where it is while it drags. */
export const createTouchSensor = (onPoint) =>
  function useTouchOnCards(api) {
    useEffect(() => {
      let press = null;
      let timer = null;
      let release = null;
      const over = () => {
        clearTimeout(timer);
        release?.();
        press = release = null;
      };

      const onMove = (event) => {
        if (!press) return;
        const at = pointOf(event.touches[0]);
        if (!press.drag) {
          if (isApart(at, press.from, SLOP)) press.cancel();
          return;
        }
        event.preventDefault();
        press.drag.move(at);
        onPoint(at);
      };
      const onEnd = (event) => {
        if (press?.drag) event.preventDefault();
        press?.drop();
      };
      const onCancel = () => press?.cancel();
      const onMenu = (event) => event.preventDefault();

      const onStart = (event) => {
        if (press || event.touches.length > 1) {
          press?.cancel();
          return;
        }
        const id = cardAt(event.target);
        if (!id || event.target.closest(CONTROLS)) return;
        press = createPress(api, id, event, pointOf(event.touches[0]), over);
        if (!press) return;
        timer = setTimeout(() => {
          press.lift();
          navigator.vibrate?.(10);
        }, PRESS_MS);
        // On the touched element itself: a live update may take it out of the page, and its events with it.
        release = listen(event.target, { touchmove: onMove, touchend: onEnd, touchcancel: onCancel, contextmenu: onMenu }, { passive: false });
      };
      // The second listener tells the browser in time that a move may be kept from scrolling.
      return listen(window, { touchstart: onStart, touchmove: () => {} }, { capture: true, passive: false });
    }, [api]);
  };

/** The mouse on the body of a card. */
export function useMouseOnCards(api) {
  useEffect(() => {
    let press = null;
    const over = () => {
      press = null;
    };
    const onDown = (event) => {
      press?.cancel();
      const plain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
      const id = plain && cardAt(event.target);
      if (!id || event.target.closest(`${CONTROLS}, ${HANDLE}`)) return;
      press = createPress(api, id, event, pointOf(event), over);
      if (press) event.preventDefault();
    };
    const onMove = (event) => {
      if (!press) return;
      const at = pointOf(event);
      if (press.drag) press.drag.move(at);
      else if (event.buttons === 0) press.cancel();
      else if (isApart(at, press.from, DRIFT)) press.lift();
    };
    return listen(window, { mousedown: onDown, mousemove: onMove, mouseup: () => press?.drop() }, { capture: true });
  }, [api]);
}
