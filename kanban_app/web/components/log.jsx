// The log of a run: tools above, the lines below. It follows the end while the reader is there.
import { useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { LogWindow } from "./log_window.jsx";
import { firstSince } from "./log_feed.js";
import { lineAt } from "./log_lines.js";
import { Newest, Nothing, useFeed, useFollowing, useJoins, useOpened } from "./log_parts.jsx";
import { EVERYTHING, allHits, hitsOf, nextHit } from "./log_search.js";
import { Tools } from "./log_tools.jsx";

/** `begin` is the time in ms at whose lines to begin to read; null for the end. */
export function LogView({ run, begin }) {
  if (run) return <RunLog key={run} run={run} begin={begin} />;
  return (
    <p className="log-empty" data-testid="log-view">
      This card has not run yet.
    </p>
  );
}

function RunLog({ run, begin }) {
  const [feed, { log, link, failed, scan, search, found }] = useFeed(run, "log");
  const joins = useJoins(log.blocks);
  const [filter, setFilter] = useState(EVERYTHING);
  const [typed, setTyped] = useState("");
  const query = useDeferredValue(typed.trim());
  const { following, pausedAt, follow } = useFollowing(feed);
  const { view, open } = useOpened(feed, query);
  const held = useMemo(() => hitsOf(log, query, filter), [log, query, filter]);
  const hits = useMemo(() => allHits(found, held), [found, held]);
  const [hit, setHit] = useState(0);
  const wanted = useRef(0);
  const lines = useRef(null);

  useEffect(() => feed.find(query, filter), [feed, query, filter]);

  const show = (seq) => {
    const row = joins.callOf.get(seq) ?? seq;
    if (row !== seq || lineAt(log, seq)?.kind === "thinking") open(String(row));
    lines.current.goTo(row);
  };

  // A line that is not held yet is shown where it will stand, and again once it is known what it is.
  useEffect(() => {
    if (!wanted.current || !lineAt(log, wanted.current)) return;
    show(wanted.current);
    wanted.current = 0;
  }, [log, joins]);

  const goTo = (seq) => {
    wanted.current = lineAt(log, seq) ? 0 : seq;
    show(seq);
    feed.bring(seq);
  };

  const goToHit = async (step) => {
    const atFirst = step < 0 && hit !== 0 && hit === hits[0];
    // The first look is for the newest: that is where the reader is as a rule.
    const next = hit ? nextHit(hits, hit, step) : (hits.at(-1) ?? 0);
    const seq = (atFirst && (await feed.findOlder())) || next;
    if (!seq) return;
    setHit(seq);
    goTo(seq);
  };

  useEffect(() => {
    if (!begin || !log.known || feed.begunAt === begin) return undefined;
    feed.begunAt = begin;
    const request = new AbortController();
    firstSince(run, begin, request.signal).then(
      (seq) => seq && goTo(seq),
      () => {},
    );
    return () => request.abort();
  }, [feed, run, begin, log.known]);

  return (
    <>
      <Tools
        run={run}
        log={log}
        link={link}
        filter={filter}
        onFilter={setFilter}
        typed={typed}
        onType={(text) => {
          setTyped(text);
          setHit(0);
        }}
        found={found}
        hits={query ? hits : null}
        hit={hit}
        onHit={goToHit}
        onLeave={() => lines.current.focus()}
      />
      <div className="log-frame">
        <Nothing log={log} link={link} empty="No lines yet." />
        <LogWindow
          log={log}
          joins={joins}
          filter={filter}
          view={view}
          current={joins.callOf.get(hit) ?? hit}
          failed={failed}
          scan={scan}
          search={search}
          following={following}
          onFollow={follow}
          feed={feed}
          handle={lines}
        />
        {!following && <Newest behind={log.last - pausedAt} onClick={() => follow(true)} />}
      </div>
    </>
  );
}
