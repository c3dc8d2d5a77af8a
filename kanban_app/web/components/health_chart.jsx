// A line chart of the last hour: to be looked at, read out, walked through by keys, and read as a table.
import { useState } from "react";
import { awayOf, nearest, pathOf, piecesOf, pointWords, spanOf, summaryOf, topOf } from "./health_figures.js";

const ofDay = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const ofSeconds = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
export const timeOf = (at) => ofDay.format(at);
export const secondOf = (at) => ofSeconds.format(at);

const STEPS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };

function Lines({ series, span, chart, top, at }) {
  return (
    <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
      {awayOf(series, span).map(({ x, width }) => (
        <rect key={x} className="chart-away" x={x} y="0" width={width} height="100" />
      ))}
      {[0, 50, 100].map((y) => (
        <path key={y} className="chart-rule" d={`M0 ${y}H100`} />
      ))}
      {chart.lines.map(({ name, of, dashed }) => (
        <path key={name} className="chart-line" data-dashed={dashed} d={piecesOf(series, span, of, top).map(pathOf).join("")} />
      ))}
      {at !== null && <path className="chart-at" d={`M${at} 0V100`} />}
    </svg>
  );
}

function Table({ series, chart }) {
  return (
    <div className="chart-rows" tabIndex={0} role="region" aria-label={`${chart.title}, table`}>
      <table>
        <thead>
          <tr>
            <th scope="col">From</th>
            {chart.lines.map(({ name }) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
            <th scope="col">connection</th>
          </tr>
        </thead>
        <tbody>
          {[...series.points].reverse().map((point) => (
            <tr key={point.at}>
              <th scope="row">{secondOf(point.at)}</th>
              {chart.lines.map(({ name, of }) => (
                <td key={name}>{of(point) === null ? "–" : chart.words(of(point))}</td>
              ))}
              <td>{point.connected ? "yes" : "no"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The plot. Arrow keys go from point to point, as on a slider, and the pointer shows the one that it is over. */
function Plot({ series, span, chart, top }) {
  const [place, setPlace] = useState(null);
  const last = series.points.length - 1;
  const shown = place === null ? null : Math.min(place, last);
  const point = shown === null ? null : series.points[shown];
  const at = point && (100 * (point.at + series.step_s * 500 - span.from)) / (span.to - span.from);
  const onKeyDown = (event) => {
    const step = STEPS[event.key];
    if (event.key === "Escape") setPlace(null);
    if (step === undefined) return;
    event.preventDefault();
    setPlace(Math.max(0, Math.min(last, (shown ?? last + (step < 0 ? 1 : 0)) + step)));
  };
  const onPointer = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    setPlace(nearest(series, span, (event.clientX - box.left) / box.width));
  };
  return (
    <div
      className="chart-plot"
      role="slider"
      tabIndex={0}
      aria-label={`${chart.title}, by time`}
      aria-valuemin={0}
      aria-valuemax={last}
      aria-valuenow={shown ?? last}
      aria-valuetext={pointWords(series.points[shown ?? last], chart, secondOf)}
      onKeyDown={onKeyDown}
      onPointerMove={onPointer}
      onPointerDown={onPointer}
      onPointerLeave={(event) => event.pointerType === "mouse" && setPlace(null)}
      onBlur={() => setPlace(null)}
    >
      <Lines series={series} span={span} chart={chart} top={top} at={at} />
      {point && (
        <span className="chart-tip num" data-side={at > 50 ? "left" : "right"} style={{ left: `${at}%` }} aria-hidden="true">
          {pointWords(point, chart, secondOf)}
        </span>
      )}
    </div>
  );
}

/** `series` is as in the API, `chart` one of `CHARTS`. */
export function Chart({ series, chart }) {
  const [table, setTable] = useState(false);
  const span = spanOf(series);
  const summary = summaryOf(series, chart, timeOf);
  const away = span !== null && awayOf(series, span).length > 0;
  return (
    <figure className="chart" data-testid={`chart-${chart.id}`}>
      <figcaption>
        <h3>{chart.title}</h3>
        <p>{summary}</p>
      </figcaption>
      {span === null ? (
        <p className="chart-none">The first point comes after ten seconds.</p>
      ) : (
        <>
          <div className="chart-frame num">
            <span className="chart-top">{chart.words(topOf(series, chart))}</span>
            <Plot series={series} span={span} chart={chart} top={topOf(series, chart)} />
            <span className="chart-from">{timeOf(span.from)}</span>
            <span className="chart-to">{timeOf(span.to)}</span>
          </div>
          <p className="chart-legend" aria-hidden="true">
            {chart.lines.length > 1 &&
              chart.lines.map(({ name, dashed }) => (
                <span key={name} data-dashed={dashed}>
                  <i />
                  {name}
                </span>
              ))}
            {away && (
              <span data-away="true">
                <i />
                no connection
              </span>
            )}
          </p>
          <details onToggle={(event) => setTable(event.currentTarget.open)}>
            <summary>As a table</summary>
            {table && <Table series={series} chart={chart} />}
          </details>
        </>
      )}
    </figure>
  );
}
