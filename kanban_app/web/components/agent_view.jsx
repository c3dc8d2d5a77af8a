// What the agents of a run do, turn by turn: thoughts, texts, tool calls with their results, and files. Closed as far as
// they are long, until a reader opens them; what is open stays so, whatever comes.
import { useMemo, useRef } from "react";
import { LogWindow } from "./log_window.jsx";
import { gapsOf } from "./log_lines.js";
import { Newest, Nothing, useFeed, useFollowing, useJoins, useOpened } from "./log_parts.jsx";
import { AGENT, keyOf, rowsOf } from "./log_search.js";
import { LinkState, counted } from "./log_tools.jsx";

export function AgentView({ run }) {
  if (run) return <Turns key={run} run={run} />;
  return (
    <p className="log-empty" data-testid="agent-view">
      This card has not run yet.
    </p>
  );
}

function Turns({ run }) {
  const [feed, { log, link, failed, scan, search }] = useFeed(run, "agent");
  const joins = useJoins(log.blocks);
  const { following, pausedAt, follow } = useFollowing(feed);
  const { view, allOpen, openAll } = useOpened(feed, "");
  const lines = useRef(null);
  const shown = useMemo(() => countOf(log, joins), [log, joins]);
  const whole = useMemo(() => gapsOf(log, scan?.of === keyOf(AGENT) ? scan : null).size === 0, [log, scan]);
  return (
    <>
      <div className="log-tools" data-testid="agent-view">
        <p className="log-count agent-count">
          <LinkState link={link} />
          {log.known && shown > 0 && <span className="num">{counted(shown, "entry", "entries")}{!whole && " loaded"}</span>}
        </p>
        <button type="button" className="button small" data-testid="agent-open-all" aria-pressed={allOpen} onClick={() => openAll(!allOpen)}>
          {allOpen ? "Collapse all" : "Expand all"}
        </button>
      </div>
      <div className="log-frame">
        <Nothing log={log} link={link} empty="Nothing from an agent yet." />
        {log.last > 0 && shown === 0 && whole && <p className="log-empty">Nothing from an agent yet.</p>}
        <LogWindow
          log={log}
          joins={joins}
          filter={AGENT}
          view={view}
          current={0}
          failed={failed}
          scan={scan}
          search={search}
          following={following}
          onFollow={follow}
          feed={feed}
          handle={lines}
          turns
          label="What the agents do"
        />
        {!following && <Newest behind={log.last - pausedAt} onClick={() => follow(true)} />}
      </div>
    </>
  );
}

const countOf = (log, joins) => {
  let count = 0;
  for (const index of log.blocks.keys()) count += rowsOf(log, index, joins, AGENT).length;
  return count;
};
