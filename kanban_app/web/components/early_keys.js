// Keys that are pressed after the palette was asked for and before its code is there: they are meant for its input.

const OPEN = "dialog.palette[open]";
const TYPES = "input, textarea, select, [contenteditable], dialog";

let held = "";

/** What was typed meanwhile: once. */
export const takeHeld = () => {
  const text = held;
  held = "";
  return text;
};

/** Hold all keys but those of the browser until the palette stands; Escape calls `onEscape`. The result ends it. */
export const holdKeys = (onEscape) => {
  const onKeyDown = (event) => {
    if (document.querySelector(OPEN) || event.target.closest?.(TYPES) || event.key === "Tab") return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Escape") onEscape();
    else if (event.key === "Backspace") held = [...held].slice(0, -1).join("");
    else if ([...event.key].length === 1) held += event.key;
  };
  held = "";
  window.addEventListener("keydown", onKeyDown, true);
  return () => window.removeEventListener("keydown", onKeyDown, true);
};
