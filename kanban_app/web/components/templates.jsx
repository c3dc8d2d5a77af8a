// Templates in the form of a card: starting from one, keeping one, and putting them in order.
import { useEffect, useId, useRef, useState } from "react";
import { setField } from "./form_fields.js";
import { HelpLink } from "./help_link.jsx";
import { newId } from "./operations.js";

/** Writes a template into the form around it. What was typed into the description stays, unless it came from one. */
export function TemplateChoice({ templates }) {
  const [description, setDescription] = useState("");
  const id = useId();
  if (templates.length === 0) return null;
  const choose = (event) => {
    const template = templates.find((each) => each.id === event.target.value);
    if (!template) return;
    const form = event.target.form;
    const text = form.elements.namedItem("description").value;
    const isOurs = !text.trim() || text === description;
    for (const name of ["type", "stages", "labels", "model_set", "stage_models"]) setField(form, name, template[name]);
    if (!isOurs) return;
    setField(form, "description", template.description);
    setDescription(template.description);
  };
  return (
    <div className="field">
      <label htmlFor={id} className="template-label">
        Template
      </label>
      <select id={id} defaultValue="" onChange={choose} data-testid="task-template">
        <option value="">None</option>
        {templates.map((template) => (
          <option key={template.id} value={template.id}>
            {template.name}
          </option>
        ))}
      </select>
    </div>
  );
}

/** Keeps the fields of the form around it as a template, and renames and deletes those that there are. */
export function TemplateShelf({ templates, error, longest, onSave, onRename, onDelete }) {
  const [name, setName] = useState("");
  const [said, setSaid] = useState("");
  const pending = useRef(null);
  const id = useId();

  useEffect(() => {
    if (!templates.some((template) => template.name === pending.current)) return;
    setSaid(`Kept as “${pending.current}”.`);
    setName("");
    pending.current = null;
  }, [templates]);

  const save = (event) => {
    const words = name.trim().replace(/\s+/g, " ");
    if (!words) return;
    pending.current = words;
    setSaid("");
    onSave(newId(), words, Object.fromEntries(new FormData(event.target.closest("form"))));
  };
  return (
    <details className="templates" data-testid="task-templates">
      <summary>Templates</summary>
      <div className="field">
        <label htmlFor={id} className="template-label">
          Keep type, stages, labels, description and models as a template
        </label>
        <div className="template-row">
          <input
            id={id}
            type="text"
            autoComplete="off"
            maxLength={longest}
            placeholder="Its name"
            value={name}
            onChange={(event) => setName(event.target.value)}
            onKeyDown={(event) => onEnter(event, save)}
            data-testid="template-name"
          />
          <button type="button" className="button" disabled={!name.trim()} onClick={save} data-testid="template-save">
            Keep
          </button>
        </div>
      </div>
      {error.code && (
        <div className="form-error" role="alert">
          {error.message} <HelpLink code={error.code} title={error.title} />
        </div>
      )}
      <p className="hint" role="status">
        {said}
      </p>
      {templates.length > 0 && (
        <ul aria-label="Templates" className="template-list">
          {templates.map((template) => (
            <Kept key={template.id} template={template} longest={longest} onRename={onRename} onDelete={onDelete} />
          ))}
        </ul>
      )}
    </details>
  );
}

function Kept({ template, longest, onRename, onDelete }) {
  const [name, setName] = useState(template.name);
  const [asks, setAsks] = useState(false);
  useEffect(() => setName(template.name), [template.name]);
  const words = name.trim().replace(/\s+/g, " ");
  const isOther = words !== "" && words !== template.name;
  const rename = () => {
    if (isOther) onRename(newId(), template.id, words);
  };
  return (
    <li className="template-row" data-template={template.name}>
      <input
        type="text"
        autoComplete="off"
        maxLength={longest}
        aria-label={`Name of ${template.name}`}
        value={name}
        onChange={(event) => setName(event.target.value)}
        onKeyDown={(event) => onEnter(event, rename)}
      />
      {isOther && (
        <button type="button" className="button" onClick={rename}>
          Rename
        </button>
      )}
      {asks ? (
        <>
          <button type="button" className="button danger" onClick={() => onDelete(newId(), template.id)}>
            Delete it
          </button>
          <button type="button" className="button" autoFocus onClick={() => setAsks(false)}>
            Keep it
          </button>
        </>
      ) : (
        <button type="button" className="button" aria-label={`Delete ${template.name}`} onClick={() => setAsks(true)}>
          Delete…
        </button>
      )}
    </li>
  );
}

/** Enter in one of these fields must not send the card's form. */
const onEnter = (event, act) => {
  if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  act(event);
};
