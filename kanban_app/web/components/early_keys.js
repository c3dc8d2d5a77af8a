// Keys that are pressed after the palette was asked for and before its code is there: they are meant for its input.

const OPEN = "dialog.palette[open]";
const TYPES = "input, textarea, select, [contenteditable], dialog";
const MEANT = ["Enter", "Backspace", "Escape"];
const LONGEST_MS = 5000;
const FIRST = { capture: true };

let held = "";

/** What was typed meanwhile: once. */
export const takeHeld = () => {
  const text = held;
  held = "";
  return text;
};

/**
 * Hold what is typed until the palette stands, but no longer than five seconds and than the next press of a pointer;
 * Escape calls `onEscape`. The result ends it.
 */
export const holdKeys = (onEscape) => {
  const onKeyDown = (event) => {
    if (document.querySelector(OPEN) || event.target.closest?.(TYPES)) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isSign = [...event.key].length === 1;
    if (!isSign && !MEANT.includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Escape") onEscape();
    else if (event.key === "Backspace") held = [...held].slice(0, -1).join("");
    else if (isSign) held += event.key;
  };
  const end = () => {
    clearTimeout(timer);
    window.removeEventListener("keydown", onKeyDown, FIRST);
    window.removeEventListener("pointerdown", end, FIRST);
  };
  const timer = setTimeout(end, LONGEST_MS);
  held = "";
  window.addEventListener("keydown", onKeyDown, FIRST);
  window.addEventListener("pointerdown", end, FIRST);
  return end;
};
