// How the connection, the service and this board are, now and in the last hour. Asked for while the page is in view.
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { Countdown, Moment } from "./clock.jsx";
import { Failed, Loading } from "./fetched.jsx";
import { Alerts } from "./health_alerts.jsx";
import { Chart, secondOf } from "./health_chart.jsx";
import { Diagnosis } from "./health_diagnosis.jsx";
import { Figures, Recoveries, ServiceWords, Timeline, Unreadable } from "./health_facts.jsx";
import { ask, isSignedOut, useHealth } from "./health_feed.js";
import { CHARTS, counted } from "./health_figures.js";
import { HelpLink } from "./help_link.jsx";

const SOON_MS = 200;
const REST_MS = 1000;

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

/**
 * [resting, press]: `press(act)` acts, and what has come of it is asked for soon. Meanwhile it rests: an impatient second
 * press would mean the opposite.
 */
const usePress = () => {
  const [resting, setResting] = useState(false);
  useEffect(() => {
    if (!resting) return undefined;
    const rested = () => {
      setResting(false);
      ask();
    };
    const timers = [setTimeout(ask, SOON_MS), setTimeout(rested, REST_MS)];
    return () => timers.forEach(clearTimeout);
  }, [resting]);
  const press = (act) => {
    if (resting) return;
    setResting(true);
    act();
  };
  return [resting, press];
};

/** [line, buttons]: the focus of one of the buttons goes on to the line when that button goes. */
const useFocusOnLine = () => {
  const line = useRef(null);
  const buttons = useRef(null);
  const focused = useRef(null);
  useLayoutEffect(() => {
    const had = focused.current;
    const has = document.activeElement;
    focused.current = buttons.current.contains(has) ? has : null;
    if (had && !had.isConnected && has === document.body) line.current.focus();
  });
  return [line, buttons, (event) => (focused.current = event.target)];
};

function Connection({ connection, queued, onRetry, onConnect, onDisconnect }) {
  const { state, label, url, embedded, last_connected_at: last, attempt, next_try_at: next } = connection;
  const away = state !== "connected" && state !== "disconnected";
  const [resting, press] = usePress();
  const [line, buttons, onFocus] = useFocusOnLine();
  const offered = [
    ["retry-now", "Retry now", onRetry, away],
    ["connect", "Connect", onConnect, state === "disconnected"],
    ["disconnect", "Disconnect", onDisconnect, state !== "disconnected"],
  ];
  return (
    <div className="status-connection">
      <p ref={line} tabIndex={-1} className="num" data-testid="status-connection" data-state={state}>
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
      <div ref={buttons} className="status-actions" onFocus={onFocus}>
        {offered.map(
          ([hook, label, act, possible]) =>
            possible && (
              <button
                key={hook}
                type="button"
                className="button small"
                data-testid={hook}
                aria-disabled={resting}
                onClick={() => press(() => act())}
              >
                {label}
              </button>
            ),
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

/** In place of what only those see who have signed in; to load the page leads to where one does. */
function SignedOut({ error, children }) {
  return (
    <p className="notice lost" data-testid="status-signed-out">
      <span>
        {error.title}. {children} Reload the page to sign in.
      </span>
      <button type="button" className="button small" data-testid="status-reload" onClick={() => location.reload()}>
        Reload
      </button>
    </p>
  );
}

/** The page. `onRetry`, `onConnect` and `onDisconnect` are for the connection to the service. */
export function StatusView(actions) {
  const { data, error, at } = useHealth("whole");
  const signedOut = isSignedOut(error);
  return (
    <div className="health" data-testid="status" data-old={data !== null && error !== null} aria-busy={data === null && error === null}>
      <link rel="stylesheet" href="/styles/status.css" precedence="page" />
      <div role="status">
        {signedOut && <SignedOut error={error}>{data !== null && `What stands here is from ${secondOf(at)}.`}</SignedOut>}
        {data !== null && error !== null && !signedOut && (
          <p className="notice lost" data-testid="status-old">
            {error.title}. What stands here is from {secondOf(at)}; it goes on by itself when the board answers.
          </p>
        )}
      </div>
      {data === null && error !== null && !signedOut && <Failed error={error} onAgain={ask} hook="status" />}
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
