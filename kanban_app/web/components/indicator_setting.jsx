// The choice of how much the connection indicator shows.
import { useState } from "react";
import { FORMS, chooseForm, useForm } from "./indicator_form.js";

export function IndicatorSetting() {
  const form = useForm();
  const [lost, setLost] = useState(false);
  return (
    <section className="subpage-section">
      <h2>Connection indicator</h2>
      <p className="about">How much of it the header shows, in this browser. A press on it shows everything.</p>
      <fieldset className="token-scopes">
        <legend>Show</legend>
        {FORMS.map(([value, label]) => (
          <label key={value} className="check-line">
            <input
              type="radio"
              name="indicator"
              data-testid={`indicator-${value}`}
              checked={form === value}
              onChange={() => setLost(!chooseForm(value))}
            />
            {label}
          </label>
        ))}
      </fieldset>
      {lost && (
        <p className="said" role="alert">
          This browser keeps nothing of this page, so the choice is lost.
        </p>
      )}
    </section>
  );
}
