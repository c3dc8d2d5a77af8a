// A text field that says how long its text may be, and how long it is.
import { useId, useState } from "react";

export function CountedText({ name, label, least, most, testId }) {
  const [length, setLength] = useState(0);
  const id = useId();
  const fits = length >= least && length <= most;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <textarea
        id={id}
        name={name}
        rows={7}
        autoFocus
        aria-describedby={`${id}-count`}
        data-testid={testId}
        onChange={(event) => setLength(event.target.value.trim().length)}
      />
      <p id={`${id}-count`} className="hint num counted" data-fits={fits || length === 0}>
        <span>{`${least} to ${most.toLocaleString("en")} characters`}</span>
        <span>{length.toLocaleString("en")}</span>
      </p>
    </div>
  );
}
