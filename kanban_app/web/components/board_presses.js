// Presses on what is marked in the markup of cards, of the panel and of messages, which know nothing of the board.
import { useEffect, useRef } from "react";

const hasModifier = (event) => event.ctrlKey || event.metaKey || event.shiftKey;

/** Where a click on the free area of a card leads; undefined on its controls, and after selecting text in it. */
const pathOfCard = (target) => {
  if (target.closest("a, button, input, select, [role=button], [role=menu]")) return undefined;
  const card = target.closest("[data-href]");
  const selection = getSelection();
  if (!selection.isCollapsed && card?.contains(selection.anchorNode)) return undefined;
  return card?.dataset.href;
};

/**
 * Hears of all presses on the page: `act` is given the data of a button for an act, `goTo` where a link leads. Gives a
 * listener for the board itself, where `onMenu` is told of menu buttons.
 */
export const usePresses = (act, goTo, onMenu) => {
  const follow = (event, path) => {
    event.preventDefault();
    goTo(path);
  };
  const press = useRef();
  press.current = (event) => {
    const button = event.target.closest("button[data-act-on]");
    if (button) act(button.dataset);
    const link = event.target.closest("a[data-show]");
    if (link && !hasModifier(event)) follow(event, link.getAttribute("href"));
  };
  useEffect(() => {
    const onPress = (event) => press.current(event);
    document.addEventListener("click", onPress);
    return () => document.removeEventListener("click", onPress);
  }, []);

  return (event) => {
    const opener = event.target.closest("[data-menu]");
    if (opener) {
      onMenu(opener.dataset.menu);
      return;
    }
    const link = event.target.closest("a[data-open]");
    if (link && hasModifier(event)) return;
    const path = link?.getAttribute("href") ?? pathOfCard(event.target);
    if (path) follow(event, path);
  };
};
