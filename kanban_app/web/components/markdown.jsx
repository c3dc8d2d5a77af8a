// Markdown as it is shown, and a field in which it is written with a look at how it will be shown.
import { useEffect, useId, useRef, useState } from "react";
import { HelpLink } from "./help_link.jsx";
import { newId } from "./operations.js";

/** `html` has been sanitised by the server (services/markdown.py). Nothing else may be given to this. */
export function MarkdownText({ html }) {
  return <div className="markdown" dangerouslySetInnerHTML={{ __html: html }} />;
}

/**
 * A text area that a form sends as `name`, with a preview over it. `look` answers what was asked last by
 * `onLook(question, text)`; it is asked anew whenever the page has its server back.
 */
export function MarkdownField({ name, label, hint, initial, look, hydrations, onLook, onForget }) {
  const [shown, setShown] = useState("write");
  const [asked, setAsked] = useState({ question: "", text: "", height: 0 });
  const id = useId();
  const field = useRef(null);
  const tabs = useRef(null);
  const previews = shown === "preview";

  useEffect(() => {
    if (!previews) return undefined;
    const question = newId();
    const text = field.current.value;
    setAsked((before) => ({ ...before, question, text }));
    if (text.trim()) onLook(question, text);
    return undefined;
  }, [previews, hydrations]);
  useEffect(() => {
    if (!previews) return undefined;
    return () => onForget();
  }, [previews]);

  const show = (wanted) => {
    // At least the height of what it takes the place of: below it nothing jumps up.
    if (wanted === "preview" && !previews) setAsked({ question: "", text: "", height: field.current.offsetHeight });
    setShown(wanted);
  };
  const onKeyDown = (event) => {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    event.preventDefault();
    const other = previews ? "write" : "preview";
    show(other);
    tabs.current.querySelector(`[data-shows=${other}]`).focus();
  };
  const tab = (which, text) => (
    <button
      type="button"
      role="tab"
      id={`${id}-${which}-tab`}
      aria-selected={shown === which}
      aria-controls={`${id}-${which}`}
      tabIndex={shown === which ? 0 : -1}
      data-shows={which}
      data-testid={`task-description-${which}`}
      onClick={() => show(which)}
    >
      {text}
    </button>
  );
  return (
    <div className="field markdown-field">
      <div className="field-head">
        <label htmlFor={`${id}-text`}>{label}</label>
        <div ref={tabs} className="tabs" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
          {tab("write", "Write")}
          {tab("preview", "Preview")}
        </div>
      </div>
      <div role="tabpanel" id={`${id}-write`} aria-labelledby={`${id}-write-tab`} hidden={previews}>
        <textarea
          ref={field}
          id={`${id}-text`}
          name={name}
          defaultValue={initial}
          rows={6}
          aria-describedby={`${id}-hint`}
          data-testid="task-description"
        />
      </div>
      <div
        role="tabpanel"
        id={`${id}-preview`}
        className="preview"
        aria-labelledby={`${id}-preview-tab`}
        tabIndex={0}
        hidden={!previews}
        style={{ minHeight: asked.height }}
        data-testid="task-description-shown"
      >
        {previews && <Preview text={asked.text} look={asked.question && look.asked === asked.question ? look : null} />}
      </div>
      <p id={`${id}-hint`} className="hint">
        {hint}
      </p>
    </div>
  );
}

function Preview({ text, look }) {
  if (!text.trim()) return <p className="muted">Nothing to preview.</p>;
  if (look === null) {
    return (
      <p className="muted late" role="status">
        Rendering…
      </p>
    );
  }
  if (look.error.code) {
    return (
      <div className="form-error" role="alert">
        <strong>{look.error.title}</strong>
        <p>{look.error.message}</p>
        <HelpLink code={look.error.code} title={look.error.title} />
      </div>
    );
  }
  return look.html ? <MarkdownText html={look.html} /> : <p className="description">{text}</p>;
}
