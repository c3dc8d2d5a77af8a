// The command palette: every action and every card, by a few letters. What it offers is in `palette_items.js`.
import { useEffect, useId, useMemo, useRef, useState } from "react";
import { closePalette, useBoard, usePalette } from "./board_link.js";
import { Dialog } from "./dialog.jsx";
import { takeHeld } from "./early_keys.js";
import { pieces } from "./fuzzy.js";
import { found, itemsOf, prepared, remembered } from "./palette_items.js";
import { onMac } from "./shortcut_keys.js";
import { nameOf } from "./shortcuts.js";
import { inProject, keyInProject } from "./project.js";

const KEY = keyInProject("kanban.recent-commands");
const STEPS = {
  all: { label: "Commands and cards", placeholder: "Find a command or a card" },
  card: { label: "Actions", placeholder: "What to do" },
  move: { label: "Move to…", placeholder: "Which column" },
  copy: { label: "Copy…", placeholder: "What to copy" },
  column: { label: "Go to column…", placeholder: "Which column" },
};
const PAGE = 8;
const NO_BOARD = { cards: {}, columns: [] };

const recentKeys = () => {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((key) => typeof key === "string") : [];
  } catch {
    return [];
  }
};

const remember = (key) => {
  try {
    localStorage.setItem(KEY, JSON.stringify(remembered(recentKeys(), key)));
  } catch {
    // A full or forbidden storage costs the order of the recent ones, nothing else.
  }
};

/** `commands` are {id, label, when, step} of the board as a whole; `onDo` carries out what was chosen. */
export function Palette({ commands, onDo }) {
  const open = usePalette();
  return (
    <Dialog open={open !== null} edition={open} label={open ? STEPS[open.step].label : undefined} onClose={closePalette} className="dialog palette">
      <Steps key={JSON.stringify(open)} open={open} commands={commands} onDo={onDo} />
    </Dialog>
  );
}

/** The step that was asked for first, and those that lead on from it. */
function Steps({ open, commands, onDo }) {
  const [path, setPath] = useState([open]);
  const back = path.length > 1 ? () => setPath(path.slice(0, -1)) : undefined;
  const on = (step, id = "") => setPath([...path, { step, id }]);
  return <Choice key={path.length} at={path.at(-1)} commands={commands} onDo={onDo} onStep={on} onBack={back} />;
}

function Choice({ at, commands, onDo, onStep, onBack }) {
  const board = useBoard() ?? NO_BOARD;
  const id = useId();
  const input = useRef(null);
  const list = useRef(null);
  const [query, setQuery] = useState("");
  // By its key: what is offered may change while it is open.
  const [active, setActive] = useState({ key: "", index: 0 });
  const recent = useMemo(recentKeys, []);
  const typed = query.trim() !== "";
  const all = useMemo(() => {
    const opened = new URLSearchParams(location.search).get("card");
    return prepared(itemsOf(at, { board, commands, typed, opened, origin: location.origin + inProject("") }));
  }, [at, board, commands, typed]);
  const groups = useMemo(() => found(all, query, recent), [all, query, recent]);
  const items = groups.flatMap((group) => group.items);
  const kept = items.findIndex((item) => item.key === active.key);
  const chosen = kept < 0 ? Math.max(0, Math.min(active.index, items.length - 1)) : kept;
  const go = (index) => setActive({ key: items[index].key, index });
  const card = board.cards[at.id];
  const optionId = (index) => `${id}-${index}`;

  // On a touch screen the keyboard would cover the few things that a step has.
  const browses = at.step !== "all" && matchMedia("(hover: none)").matches;
  useEffect(() => {
    (browses ? list : input).current.focus();
    const early = takeHeld();
    if (early) setQuery(early.slice(0, input.current.maxLength));
  }, []);
  useEffect(() => {
    list.current.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [chosen, groups]);

  const choose = (item) => {
    if (!item) return;
    const [what, ...about] = item.does;
    if (what !== "copy") remember(item.key);
    if (what === "step") {
      onStep(...about);
      return;
    }
    // Closed before anything is done: it could not take the focus on a page that is still inert.
    input.current.closest("dialog").close();
    closePalette();
    onDo(what, ...about);
  };

  const onKeyDown = (event) => {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: PAGE, PageUp: -PAGE }[event.key];
    if (event.nativeEvent.isComposing) return;
    if (steps && items.length > 0) {
      event.preventDefault();
      const next = chosen + steps;
      const turns = Math.abs(steps) === 1;
      go(turns ? (next + items.length) % items.length : Math.max(0, Math.min(next, items.length - 1)));
    }
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      choose(items[chosen]);
    }
    if (onBack && (event.key === "Escape" || (event.key === "Backspace" && query === ""))) {
      event.preventDefault();
      onBack();
    }
    if (event.key.toLowerCase() === "k" && event.ctrlKey !== event.metaKey && !event.altKey) {
      event.preventDefault();
      event.target.closest("dialog").close();
      closePalette();
    }
  };

  const { label, placeholder } = STEPS[at.step];
  return (
    <>
      <div className="palette-head">
        {onBack && (
          <button type="button" className="icon-button" aria-label="Back" onClick={onBack}>
            <Chevron />
          </button>
        )}
        <div className="palette-field">
          {at.step !== "all" && (
            <p className="palette-about">
              {label} {card && <strong>{`#${card.number} ${card.title}`}</strong>}
            </p>
          )}
          <input
            ref={input}
            type="text"
            role="combobox"
            aria-label={card ? `${label} ${card.title}` : label}
            aria-expanded={items.length > 0}
            aria-controls={`${id}-list`}
            aria-autocomplete="list"
            aria-activedescendant={items.length > 0 ? optionId(chosen) : undefined}
            data-testid="palette-words"
            data-first={browses ? undefined : ""}
            placeholder={placeholder}
            maxLength={200}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            enterKeyHint="go"
            value={query}
            onChange={(event) => {
              setQuery(event.target.value);
              setActive({ key: "", index: 0 });
            }}
            onKeyDown={onKeyDown}
          />
        </div>
        <button type="button" className="icon-button" aria-label="Close" data-close="" data-testid="palette-close">
          <Cross />
        </button>
      </div>
      <div ref={list} id={`${id}-list`} className="palette-list" role="listbox" aria-label={label} tabIndex={-1} data-first={browses ? "" : undefined}>
        {groups.map((group) => (
          <div key={group.title} role="group" aria-label={group.title}>
            {at.step === "all" && (
              <div className="palette-group" aria-hidden="true">
                {group.title}
              </div>
            )}
            {group.items.map((item) => {
              const index = items.indexOf(item);
              return (
                <div
                  key={item.key}
                  id={optionId(index)}
                  role="option"
                  aria-selected={index === chosen}
                  className="palette-option"
                  data-testid="palette-option"
                  data-key={item.key}
                  onClick={() => choose(item)}
                  onPointerMove={() => index !== chosen && go(index)}
                >
                  <Marked text={item.label} marks={item.marks} />
                  {item.hint && <span className="palette-hint">{item.hint}</span>}
                  {item.does[0] === "step" && <Chevron on />}
                  {item.keys[0] && <kbd aria-hidden="true">{nameOf(item.keys[0], onMac())}</kbd>}
                </div>
              );
            })}
          </div>
        ))}
      </div>
      {items.length === 0 && <p className="palette-none">{noneText(query, card, at)}</p>}
      <p className="hidden" role="status">
        {typed ? (items.length === 0 ? "Nothing found" : `${items.length} found`) : ""}
      </p>
    </>
  );
}

const noneText = (query, card, { id }) => {
  if (id && !card) return "This card is not on the board any more.";
  return query.trim() ? `Nothing matches “${query.trim()}”.` : "There is nothing to choose here.";
};

function Marked({ text, marks }) {
  return <span className="palette-label">{pieces(text, marks).map(([piece, marked], at) => (marked ? <mark key={at}>{piece}</mark> : piece))}</span>;
}

const Glyph = ({ path }) => (
  <svg viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
    <path d={path} />
  </svg>
);
const Chevron = ({ on }) => <Glyph path={on ? "M6 3.5l4.5 4.5L6 12.5" : "M10 3.5L5.5 8l4.5 4.5"} />;
const Cross = () => <Glyph path="M4 4l8 8M12 4l-8 8" />;
