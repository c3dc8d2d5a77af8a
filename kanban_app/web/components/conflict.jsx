// Two versions of a card beside each other, field by field. What is chosen goes into the form around it.
import { useEffect, useId, useRef, useState } from "react";
import { setField } from "./form_fields.js";

const WHO = { theirs: "Theirs", mine: "Mine" };

/** `rows` are the differences, `seen` the version of the card that they show as theirs. */
export function Conflict({ rows, seen }) {
  const [kept, setKept] = useState({});
  const box = useRef(null);
  const id = useId();

  const keep = (row, which) => {
    setKept((before) => ({ ...before, [row.name]: which }));
    setField(box.current.closest("form"), row.name, JSON.parse(which === "mine" ? row.mine_value : row.theirs_value));
  };
  useEffect(() => {
    setKept(Object.fromEntries(rows.map((row) => [row.name, row.keep])));
    for (const row of rows) if (row.keep === "theirs") keep(row, "theirs");
    box.current.scrollIntoView({ block: "nearest" });
    box.current.querySelector("h3").focus({ preventScroll: true });
  }, [seen]);

  return (
    <section ref={box} className="conflict" aria-labelledby={id} data-testid="task-conflict">
      <h3 id={id} tabIndex={-1}>
        Changed meanwhile
      </h3>
      <p>
        Somebody else has saved this card since you opened it. Nothing of yours is lost: choose for each difference, or
        edit the fields above. They are what is saved.
      </p>
      <input type="hidden" name="seen" value={seen} readOnly />
      {rows.map((row) => (
        <fieldset key={row.name} data-field={row.name}>
          <legend>{row.label}</legend>
          <div className="versions">
            {["theirs", "mine"].map((which) => (
              <label key={which} className="version">
                <input
                  type="radio"
                  name={`keep-${row.name}`}
                  value={which}
                  checked={(kept[row.name] ?? row.keep) === which}
                  onChange={() => keep(row, which)}
                />
                <span className="version-who">{WHO[which]}</span>
                <span className="version-text">{row[which]}</span>
              </label>
            ))}
          </div>
        </fieldset>
      ))}
    </section>
  );
}
