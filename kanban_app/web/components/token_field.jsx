// A field of several entries, each with a button that takes it out: typed freely, or chosen from a list.
import { useEffect, useId, useRef, useState } from "react";
import { SET } from "./form_fields.js";

const SHOWN = 8;
const MOST = 20;

const entryOf = (value) => (typeof value === "string" ? { id: value, text: value } : value);
const folded = (text) => text.toLowerCase();

const matches = (option, typed) => {
  const wanted = folded(typed.trim());
  return folded(option.text).includes(wanted) || folded(option.text).startsWith(`#${wanted}`);
};

/** The entries to offer; a number finds the card of exactly that number first. */
const offered = (options, chosen, typed) => {
  const taken = new Set(chosen.map((entry) => folded(entry.id)));
  const found = options.filter((option) => !taken.has(folded(option.id)) && matches(option, typed));
  const number = `#${typed.trim().replace(/^#/, "")} `;
  return found.sort((a, b) => b.text.startsWith(number) - a.text.startsWith(number)).slice(0, SHOWN);
};

/**
 * Sends the ids of its entries as JSON under `name`. `options` and `initial` are {id, text} or, where id and text are
 * the same, text. With `free` what is typed becomes an entry by Enter, by a comma, and when the field is left.
 */
export function TokenField({ name, label, hint, initial, options, free, longest, placeholder, testId }) {
  const [chosen, setChosen] = useState(() => initial.map(entryOf));
  const [typed, setTyped] = useState("");
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  const [said, setSaid] = useState("");
  const id = useId();
  const input = useRef(null);
  const sent = useRef(null);
  const list = open ? offered(options.map(entryOf), chosen, typed) : [];
  const isOpen = list.length > 0;
  const isFull = chosen.length >= MOST;

  useEffect(() => {
    const field = sent.current;
    const set = (event) => setChosen(event.detail.map(entryOf));
    field.addEventListener(SET, set);
    return () => field.removeEventListener(SET, set);
  }, []);
  useEffect(() => {
    if (at >= 0) document.getElementById(`${id}-${at}`)?.scrollIntoView({ block: "nearest" });
  }, [at]);

  const close = () => {
    setOpen(false);
    setAt(-1);
  };
  const add = (...entries) => {
    setChosen((before) => {
      const known = new Set(before.map((entry) => folded(entry.id)));
      return [...before, ...entries.filter((entry) => !known.has(folded(entry.id)))].slice(0, MOST);
    });
    setSaid(entries.map((entry) => `${entry.text} added`).join(", "));
    setTyped("");
    close();
  };
  const addTyped = (text = typed) => {
    const words = text.split(",").map((word) => word.trim().replace(/\s+/g, " ")).filter(Boolean);
    if (words.length > 0) add(...words.map(entryOf));
    else setTyped("");
  };
  const remove = (entry) => {
    setChosen((before) => before.filter((other) => other.id !== entry.id));
    setSaid(`${entry.text} removed`);
    input.current.focus();
  };
  const onChange = (event) => {
    const text = event.target.value;
    if (free && text.includes(",")) {
      addTyped(text);
      return;
    }
    setTyped(text);
    setOpen(true);
    setAt(free || !text.trim() ? -1 : 0);
  };
  const step = (by) => {
    if (!isOpen) {
      setOpen(true);
      return;
    }
    setAt((before) => (before < 0 ? (by > 0 ? 0 : list.length - 1) : (before + by + list.length) % list.length));
  };
  const onKeyDown = (event) => {
    const { key } = event;
    if (event.nativeEvent.isComposing || event.ctrlKey || event.metaKey) return;
    if (key === "ArrowDown" || key === "ArrowUp") {
      event.preventDefault();
      step(key === "ArrowDown" ? 1 : -1);
    } else if (key === "Enter" && (typed.trim() || at >= 0)) {
      event.preventDefault();
      if (at >= 0 && list[at]) add(list[at]);
      else if (free) addTyped();
    } else if (key === "Backspace" && typed === "" && chosen.length > 0) {
      event.preventDefault();
      remove(chosen.at(-1));
    } else if (key === "Escape" && isOpen) {
      // The dialog around it stays open.
      event.preventDefault();
      event.stopPropagation();
      close();
    }
  };
  const onBlur = () => {
    close();
    if (free) addTyped();
  };

  return (
    <div className="field token-field" data-testid={testId}>
      <label htmlFor={`${id}-input`}>{label}</label>
      <div className="tokens">
        {chosen.length > 0 && (
          <ul aria-label={label}>
            {chosen.map((entry) => (
              <li key={entry.id} className="token">
                <span>{entry.text}</span>
                <button type="button" aria-label={`Remove ${entry.text}`} onClick={() => remove(entry)}>
                  <svg viewBox="0 0 16 16" width="12" height="12" aria-hidden="true">
                    <path d="M4 4l8 8M12 4l-8 8" />
                  </svg>
                </button>
              </li>
            ))}
          </ul>
        )}
        <input
          ref={input}
          id={`${id}-input`}
          type="text"
          role="combobox"
          autoComplete="off"
          enterKeyHint="done"
          maxLength={longest}
          placeholder={chosen.length === 0 ? placeholder : undefined}
          disabled={isFull}
          aria-expanded={isOpen}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={at >= 0 && list[at] ? `${id}-${at}` : undefined}
          aria-describedby={`${id}-hint`}
          value={typed}
          onChange={onChange}
          onKeyDown={onKeyDown}
          onClick={() => setOpen(true)}
          onBlur={onBlur}
        />
        <ul id={`${id}-list`} role="listbox" aria-label={label} className="token-list" hidden={!isOpen}>
          {list.map((option, place) => (
            <li
              key={option.id}
              id={`${id}-${place}`}
              role="option"
              aria-selected={place === at}
              // Before the field loses the focus.
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => add(option)}
            >
              {option.text}
            </li>
          ))}
        </ul>
      </div>
      <input ref={sent} type="hidden" name={name} value={JSON.stringify(chosen.map((entry) => entry.id))} readOnly />
      <p id={`${id}-hint`} className="hint">
        {isFull ? `${MOST} are possible.` : hint}
      </p>
      <span className="hidden" role="status">
        {said}
      </span>
    </div>
  );
}
