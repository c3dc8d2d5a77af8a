// Figures, what the service says of itself, and what has happened.
import { Moment } from "./clock.jsx";
import { counted, inBytes, inMs, inPercent, inSeconds, perSecond } from "./health_figures.js";
import { HelpLink } from "./help_link.jsx";
import { inProject } from "./project.js";

const SAYS = { healthy: "Healthy", unhealthy: "It has problems", "no answer": "No answer" };
const NONE = "–";

function Facts({ title, rows }) {
  return (
    <section className="fact-group">
      <h3>{title}</h3>
      <dl className="facts num">
        {rows.map(([name, value]) => [
          <dt key={name}>{name}</dt>,
          <dd key={`${name} is`}>{value === "" || value == null ? NONE : value}</dd>,
        ])}
      </dl>
    </section>
  );
}

export function Figures({ health }) {
  const { round_trip: trip, traffic, reliability, uptime, board } = health;
  return (
    <section className="subpage-section" aria-labelledby="status-figures">
      <h2 id="status-figures">Figures</h2>
      <div className="fact-groups">
        <Facts
          title="Round trip"
          rows={[
            ["Last", inMs(trip.last_ms)],
            ["Mean of ten", inMs(trip.mean_ms)],
            ["Half are below", inMs(trip.p50_ms)],
            ["95 of 100 below", inMs(trip.p95_ms)],
            ["Shortest, longest", trip.min_ms === null ? "" : `${inMs(trip.min_ms)}, ${inMs(trip.max_ms)}`],
            ["Jitter", inMs(trip.jitter_ms)],
          ]}
        />
        <Facts
          title="Traffic"
          rows={[
            ["Received", `${perSecond(traffic.messages_in_per_s)}, ${inBytes(traffic.bytes_in_per_s)}/s`],
            ["Sent", `${perSecond(traffic.messages_out_per_s)}, ${inBytes(traffic.bytes_out_per_s)}/s`],
            ["Received so far", `${traffic.messages_in} (${inBytes(traffic.bytes_in)})`],
            ["Sent so far", `${traffic.messages_out} (${inBytes(traffic.bytes_out)})`],
          ]}
        />
        <Facts
          title="Reliability, last hour"
          rows={[
            ["In all", inPercent(reliability.score)],
            ["Tries to connect", `${reliability.tries}, ${reliability.tries_failed} failed`],
            ["Requests", `${reliability.requests}, ${reliability.requests_failed} without an answer`],
          ]}
        />
        <Facts
          title="Uptime"
          rows={[
            ["Connected for", inSeconds(uptime.connected_s)],
            ["Available", inPercent(uptime.availability)],
            ["Without a connection", inSeconds(uptime.downtime_s)],
            ["Lost", `${counted(uptime.disconnects, "time")}, ${uptime.disconnects_last_hour} in the last hour`],
            ["Board started", `${inSeconds(uptime.watched_s)} ago`],
          ]}
        />
        <Facts
          title="Queue and runs"
          rows={[
            ["Waiting", board.queued],
            ["First waits for", inSeconds(board.oldest_queued_s)],
            ["Active runs", board.active_runs],
            ["Open tabs", board.viewers],
          ]}
        />
        <Facts
          title="This program"
          rows={[
            ["Late by (95 of 100)", inMs(board.loop_lag.p95_ms)],
            ["Late by at most", inMs(board.loop_lag.max_ms)],
            ["Saving (95 of 100)", inMs(board.database_write.p95_ms)],
            ["Saving at most", inMs(board.database_write.max_ms)],
          ]}
        />
      </div>
    </section>
  );
}

export function ServiceWords({ service }) {
  return (
    <section className="subpage-section" aria-labelledby="status-service">
      <h2 id="status-service">What the service says of itself</h2>
      {service.asked_at === null ? (
        <p className="muted">{service.next_at === null ? "It is not asked." : "It was not asked yet."}</p>
      ) : (
        <>
          <dl className="facts num">
            <dt>It says</dt>
            <dd>{SAYS[service.status] ?? NONE}</dd>
            <dt>Asked</dt>
            <dd>
              <Moment at={service.asked_at} />
            </dd>
            {service.name && <dt>Name</dt>}
            {service.name && <dd>{service.name}</dd>}
            {service.uptime_s !== null && <dt>Up for</dt>}
            {service.uptime_s !== null && <dd>{inSeconds(service.uptime_s)}</dd>}
            {service.connections !== null && <dt>Connections</dt>}
            {service.connections !== null && <dd>{service.connections}</dd>}
            {service.started !== null && <dt>Runs started</dt>}
            {service.started !== null && <dd>{service.started}</dd>}
          </dl>
          {service.error && <p className="standing-why">{service.error}</p>}
          {service.warnings.length > 0 && (
            <ul className="alert-advice">
              {service.warnings.map((text) => (
                <li key={text}>{text}</li>
              ))}
            </ul>
          )}
        </>
      )}
      <p className="about">
        <a href={inProject("/connection/")}>Ask it now, and see what else it does</a>
      </p>
    </section>
  );
}

export function Timeline({ entries }) {
  return (
    <section className="subpage-section" aria-labelledby="status-timeline" data-testid="timeline">
      <h2 id="status-timeline">What has happened to the connection</h2>
      {entries.length === 0 && <p className="muted">Nothing yet.</p>}
      <ol className="happened">
        {entries.map(({ at, kind, title, text, code }, place) => (
          <li key={`${at} ${kind} ${place}`} data-kind={kind}>
            <Moment at={at} />
            <p>
              <strong>{title}</strong> {text} <HelpLink code={code} title={title} />
            </p>
          </li>
        ))}
      </ol>
    </section>
  );
}

export function Recoveries({ steps }) {
  return (
    <section className="subpage-section" aria-labelledby="status-steps" data-testid="recoveries">
      <h2 id="status-steps">What the board did about it by itself</h2>
      {steps.length === 0 && <p className="muted">Nothing was needed yet.</p>}
      <ol className="happened">
        {steps.map(({ at, step, title, result, text, took_ms: took }, place) => (
          <li key={`${at} ${step} ${place}`} data-result={result}>
            <Moment at={at} />
            <p>
              <strong>{title}</strong> <span className="happened-result">{result}</span>
              {took !== null && ` in ${inMs(took)}`}. {text}
            </p>
          </li>
        ))}
      </ol>
    </section>
  );
}

export function Unreadable({ count }) {
  return (
    <section className="subpage-section" aria-labelledby="status-frames">
      <h2 id="status-frames">Messages that could not be used as they came</h2>
      {count === 0 ? (
        <p className="muted">None.</p>
      ) : (
        <p className="about">
          {counted(count, "message")} so far. Nothing is lost by that. <a href={inProject("/connection/")}>Look at them</a>
        </p>
      )}
    </section>
  );
}
