// The forms of the settings page, which outlive their server: what is typed belongs to the browser.
import { Children, createContext, useContext, useEffect, useRef, useState } from "react";

// This load of the page. Its operations are told by it from those of an earlier one, and of other tabs.
const PAGE = Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("");
let begun = 0;
const IsSettled = createContext(false);

/** Whether an operation was begun here, since the page was loaded. */
export const isOfThisPage = (op) => op.startsWith(`${PAGE}-`);

/** Its first child from the moment on that the server is `ready` with what it shows, the second one before. */
export function Once({ ready, children }) {
  const [wasReady, setWasReady] = useState(false);
  if (ready && !wasReady) setWasReady(true);
  const [content, placeholder] = Children.toArray(children);
  return ready || wasReady ? content : (placeholder ?? null);
}

/** In a form: what the server says of its last save, once that has been answered. */
export const Settled = ({ children }) => useContext(IsSettled) && children;

/**
 * Two buttons that send the same fields to two handlers, each time with an `op_id`. A new `edition` builds the form anew,
 * but not over what is typed, unless that has been `saved`: a server that was started anew, or whose socket was cut, fills
 * its forms again. What is typed while a save is under way stays too. `answered` is the operation that the server has answered
 * last: a save that has no answer when the form is filled again is sent again, as the same operation; without `answered`
 * none is. A button with `data-fill` and `data-value` writes into the field of that name.
 */
export function SettingsForm({ edition, saved, answered, onSave, onTest, children }) {
  const [last, setLast] = useState(null);
  const isSettled = last !== null && last.op_id === answered;
  const [built, setBuilt] = useState(edition);
  const [met, setMet] = useState(edition);
  const typed = useRef(false);
  const typedSinceSave = useRef(false);
  if (edition > 0 && edition !== met) {
    setMet(edition);
    const isSaved = saved && (isSettled || answered === undefined);
    if (isSaved ? !typedSinceSave.current : !typed.current) {
      typed.current = false;
      setBuilt(edition);
    }
  }
  const hasAnswer = useRef(true);
  const before = useRef({ edition, answered });
  useEffect(() => {
    const isFilled = edition !== before.current.edition;
    // An answer fills the form, too: the server is there, and what was sent after that one is on its way.
    const isAnswer = Boolean(answered) && answered !== before.current.answered;
    before.current = { edition, answered };
    if (isSettled) hasAnswer.current = true;
    if (isFilled && !isAnswer && !hasAnswer.current) onSave(last);
  }, [edition, answered]);
  const onChange = () => {
    typed.current = true;
    typedSinceSave.current = true;
  };
  const onSubmit = (event) => {
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(event.currentTarget));
    if (event.nativeEvent.submitter?.value === "test") {
      onTest(fields);
      return;
    }
    begun += 1;
    const operation = { ...fields, op_id: `${PAGE}-${begun}` };
    setLast(operation);
    hasAnswer.current = answered === undefined;
    typedSinceSave.current = false;
    onSave(operation);
  };
  const onClick = (event) => {
    const button = event.target.closest("[data-fill]");
    if (!button) return;
    const field = event.currentTarget.elements.namedItem(button.dataset.fill);
    field.value = button.dataset.value;
    onChange();
    field.focus();
  };
  return (
    <IsSettled value={isSettled}>
      <form
        key={built}
        className="settings-form"
        noValidate
        onChange={onChange}
        onSubmit={onSubmit}
        onClick={onClick}
      >
        {children}
      </form>
    </IsSettled>
  );
}
