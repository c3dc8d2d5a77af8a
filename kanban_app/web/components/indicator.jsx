// How the connection to the workflow service stands, in the header: a sign, a word, and what waits.
import { useForm } from "./indicator_form.js";

/** `label` is the state in words, `grade` a grade with its `gradeLabel`; `target` is the id of what it opens. */
export function ConnectionIndicator({ state, label, grade, gradeLabel, waiting, target }) {
  const form = useForm();
  const waits = waiting > 0 ? `, ${waiting} waiting` : "";
  const name = `Workflow service: ${label}, ${gradeLabel.toLowerCase()}${waits}`;
  return (
    <button
      type="button"
      className="connection"
      aria-label={name}
      title={name}
      data-testid="connection-status"
      data-state={state}
      data-grade={grade}
      data-form={form}
      popoverTarget={target}
    >
      <span className="dot" aria-hidden="true" />
      <span>
        {label}
        {form === "normal" && waits}
      </span>
    </button>
  );
}
