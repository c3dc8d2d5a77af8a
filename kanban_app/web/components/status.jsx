// How the connection, the service and this board are, now and in the last hour. Asked for while the page is in view.
import { useEffect, useRef, useState } from "react";
import { Countdown, Moment } from "./clock.jsx";
import { Failed, Loading } from "./fetched.jsx";
import { Alerts } from "./health_alerts.jsx";
import { Chart, secondOf } from "./health_chart.jsx";
import { Diagnosis } from "./health_diagnosis.jsx";
import { Figures, Recoveries, ServiceWords, Timeline, Unreadable } from "./health_facts.jsx";
import { ask, useHealth } from "./health_feed.js";
import { CHARTS, counted } from "./health_figures.js";
import { HelpLink } from "./help_link.jsx";

/** A word for screen readers when the grade changes, and not for each figure. */
function GradeChanges({ label, sentence }) {
  const before = useRef(label);
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (before.current !== label) setSaid(`${label}. ${sentence}`);
    before.current = label;
  }, [label, sentence]);
  return (
    <p className="hidden" role="status">
      {said}
    </p>
  );
}

/** What is wrong beside the worst, which is said above. */
function Reasons({ reasons }) {
  return (
    <ul className="reasons" aria-label="Also">
      {reasons.map(({ code, grade, title, message }) => (
        <li key={code} data-grade={grade}>
          <span className="dot" aria-hidden="true" />
          <span>
            <strong>{title}.</strong> {message} <HelpLink code={code} title={title} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function NextSteps({ steps }) {
  return (
    <div className="next-steps">
      <h3>What you can do</h3>
      <ul className="alert-advice">
        {steps.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </div>
  );
}

function Connection({ connection, queued, onRetry, onConnect, onDisconnect }) {
  const { state, label, url, embedded, last_connected_at: last, attempt, next_try_at: next } = connection;
  const away = state !== "connected" && state !== "disconnected";
  return (
    <div className="status-connection">
      <p className="num" data-testid="status-connection" data-state={state}>
        <span className="dot" aria-hidden="true" />
        <span>
          <strong>{label}</strong>
          {embedded ? ", the built-in service" : <>{" · "}<code>{url}</code></>}
          {state !== "connected" && last !== null && (
            <>
              . Last connected <Moment at={last} />
            </>
          )}
          {away && attempt > 0 && `. Failed tries so far: ${attempt}`}
          {away && next !== null && (
            <>
              . Next try in <Countdown due={next} /> s
            </>
          )}
          {queued > 0 && `. ${counted(queued, "start")} ${queued === 1 ? "waits" : "wait"}`}.
        </span>
      </p>
      <div className="status-actions">
        {away && (
          <button type="button" className="button small" data-testid="retry-now" onClick={() => onRetry()}>
            Retry now
          </button>
        )}
        {state === "disconnected" ? (
          <button type="button" className="button small" data-testid="connect" onClick={() => onConnect()}>
            Connect
          </button>
        ) : (
          <button type="button" className="button small" data-testid="disconnect" onClick={() => onDisconnect()}>
            Disconnect
          </button>
        )}
      </div>
    </div>
  );
}

function Now({ data, ...actions }) {
  const { health, connection, queued } = data;
  const [worst, ...others] = health.reasons;
  return (
    <section className="subpage-section" aria-labelledby="status-grade">
      <div className="status-grade" data-testid="status-grade" data-grade={health.grade}>
        <span className="dot" aria-hidden="true" />
        <div>
          <h2 id="status-grade">{health.label}</h2>
          <p>
            {health.sentence} {worst && <HelpLink code={worst.code} title={worst.title} />}
          </p>
          <p className="about num">
            Since <Moment at={health.since} />
            {health.score !== null && `, ${health.score} of 100 points`}
          </p>
        </div>
      </div>
      {others.length > 0 && <Reasons reasons={others} />}
      {health.next_steps.length > 0 && <NextSteps steps={health.next_steps} />}
      <Connection connection={connection} queued={queued} {...actions} />
      <ul className="areas">
        {health.areas.map(({ id, title, grade, label, figure }) => (
          <li key={id} data-testid={`area-${id}`} data-grade={grade}>
            <span className="area-title">{title}</span>
            <span className="area-grade">
              <span className="dot" aria-hidden="true" />
              {label}
            </span>
            <span className="area-figure num">{figure || "Not measured yet"}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The page. `onRetry`, `onConnect` and `onDisconnect` are for the connection to the service. */
export function StatusView(actions) {
  const { data, error, at } = useHealth("whole");
  return (
    <div className="health" data-testid="status" data-old={data !== null && error !== null} aria-busy={data === null && error === null}>
      <link rel="stylesheet" href="/styles/status.css" precedence="page" />
      <div role="status">
        {data !== null && error !== null && (
          <p className="notice lost" data-testid="status-old">
            {error.title}. What stands here is from {secondOf(at)}; it goes on by itself when the board answers.
          </p>
        )}
      </div>
      {data === null && error !== null && <Failed error={error} onAgain={ask} hook="status" />}
      {data === null && error === null && <Loading label="Asking how it is" />}
      {data !== null && (
        <>
          <GradeChanges label={data.health.label} sentence={data.health.sentence} />
          <Now data={data} {...actions} />
          <Alerts alerts={data.health.alerts} />
          <section className="subpage-section" aria-labelledby="status-charts">
            <h2 id="status-charts">The last hour</h2>
            <div className="charts">
              {CHARTS.map((chart) => (
                <Chart key={chart.id} series={data.health.series} chart={chart} />
              ))}
            </div>
          </section>
          <Figures health={data.health} />
          <ServiceWords service={data.health.service} />
          <Timeline entries={data.health.timeline} />
          <Recoveries steps={data.health.recoveries} />
          <Unreadable count={data.health.unreadable} />
          <Diagnosis />
        </>
      )}
    </div>
  );
}
