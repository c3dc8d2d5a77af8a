// Alerts: what wants eyes, what somebody knows of, and what is over.
import { useRef, useState } from "react";
import { Moment } from "./clock.jsx";
import { acknowledge } from "./health_feed.js";
import { alertsByState, counted } from "./health_figures.js";
import { HelpLink } from "./help_link.jsx";

const SEVERITIES = { warning: "Warning", critical: "Critical" };

function Alert({ alert, onAcknowledge }) {
  const ref = useRef(null);
  const { id, state, severity, code, title, message, advice } = alert;
  return (
    <li ref={ref} tabIndex={-1} className="alert" data-testid="alert" data-state={state} data-severity={severity}>
      <p className="alert-head">
        <span className="alert-severity">{SEVERITIES[severity]}</span>
        <strong>{title}</strong>
        <HelpLink code={code} title={title} />
      </p>
      <p>{message}</p>
      {state === "open" && advice.length > 0 && (
        <ul className="alert-advice">
          {advice.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
      <p className="alert-when num">
        <span>
          Since <Moment at={alert.raised_at} />
        </span>
        {alert.acknowledged_at !== null && (
          <span>
            Acknowledged <Moment at={alert.acknowledged_at} />
            {alert.acknowledged_by && ` by ${alert.acknowledged_by}`}
          </span>
        )}
        {alert.cleared_at !== null && (
          <span>
            Over <Moment at={alert.cleared_at} />
          </span>
        )}
      </p>
      {state === "open" && (
        <button type="button" className="button small" data-testid="alert-acknowledge" aria-label={`Acknowledge “${title}”`} onClick={() => onAcknowledge(id, ref.current)}>
          Acknowledge
        </button>
      )}
    </li>
  );
}

export function Alerts({ alerts }) {
  const [fault, setFault] = useState(null);
  const [open, known, over] = alertsByState(alerts);
  const onAcknowledge = async (id, item) => {
    setFault((await acknowledge(id)) ?? null);
    // The button that was pressed is gone.
    if (item?.isConnected && !item.contains(document.activeElement)) item.focus({ preventScroll: true });
  };
  const list = (some) => (
    <ul className="alerts">
      {some.map((alert) => (
        <Alert key={alert.id} alert={alert} onAcknowledge={onAcknowledge} />
      ))}
    </ul>
  );
  return (
    <section className="subpage-section" aria-labelledby="status-alerts" data-testid="alerts">
      <h2 id="status-alerts">Alerts</h2>
      {fault && (
        <p className="form-error" role="alert">
          <strong>{fault.title}</strong> {fault.message}
        </p>
      )}
      {open.length + known.length === 0 && <p className="muted">None now.</p>}
      {list([...open, ...known])}
      {over.length > 0 && (
        <details className="status-more">
          <summary>{counted(over.length, "alert")} that {over.length === 1 ? "is" : "are"} over</summary>
          {list(over)}
        </details>
      )}
    </section>
  );
}
