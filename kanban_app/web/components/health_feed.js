// How the connection, the service and the board are: asked for while somebody looks, once for all parts of the page.
import { useSyncExternalStore } from "react";
import { fetchJson } from "./fetch_json.js";

export const OFTEN_MS = 2000;
const SERIES_MS = 10_000;
const PATIENCE_MS = 10_000;
const POINTS = 120;
const SIGNED_OUT = "E-AUTH-1";
const NO_SERIES = { step_s: 10, points: [] };
const NOTHING = { data: null, error: null, at: null };

let state = NOTHING;
let asking = null;
let timer = null;
let seriesAt = 0;
const lookers = new Map();

const put = (next) => {
  state = next;
  for (const tell of lookers.keys()) tell();
};

const wantsSeries = () => [...lookers.values()].some(({ series }) => series) && Date.now() - seriesAt >= SERIES_MS;

const answer = async (request, points) => {
  let patient = true;
  const patience = setTimeout(() => {
    patient = false;
    request.abort();
  }, PATIENCE_MS);
  try {
    return await fetchJson(`/api/v1/health?points=${points}`, request.signal);
  } catch (failure) {
    if (patient) throw failure;
    return { error: { title: "The board does not answer", message: "Check the connection, then try again." } };
  } finally {
    clearTimeout(patience);
  }
};

const take = ({ data, error }, whole) => {
  if (!data) {
    // What comes back may have been restarted meanwhile, and then has other charts.
    seriesAt = 0;
    return put({ ...state, error });
  }
  if (whole) seriesAt = Date.now();
  const series = whole ? data.health.series : state.data?.health.series ?? NO_SERIES;
  return put({ data: { ...data, health: { ...data.health, series } }, error: null, at: Date.now() });
};

/** Is `error` one that goes by signing in, and not by itself? */
export const isSignedOut = (error) => error?.code === SIGNED_OUT;

/** Ask now, and then in turn; without a session only when somebody looks at the page again. */
export const ask = async () => {
  clearTimeout(timer);
  asking?.abort();
  if (lookers.size === 0 || document.hidden) return;
  const request = (asking = new AbortController());
  const whole = wantsSeries();
  try {
    take(await answer(request, whole ? POINTS : 1), whole);
  } catch {
    return;
  }
  if (lookers.size > 0 && !isSignedOut(state.error)) timer = setTimeout(ask, Math.min(...[...lookers.values()].map(({ everyMs }) => everyMs)));
};

const follow = (wish) => (tell) => {
  if (lookers.size === 0) document.addEventListener("visibilitychange", ask);
  lookers.set(tell, wish);
  ask();
  return () => {
    lookers.delete(tell);
    if (lookers.size > 0) return;
    document.removeEventListener("visibilitychange", ask);
    asking?.abort();
    clearTimeout(timer);
    seriesAt = 0;
    state = NOTHING;
  };
};
const WHOLE = follow({ everyMs: OFTEN_MS, series: true });
const PLAIN = follow({ everyMs: OFTEN_MS, series: false });
const SELDOM = follow({ everyMs: 5000, series: false });
const NOBODY = () => () => {};
const now = () => state;

/** {data, error, at}: the newest answer and when it came, and why there is none now. `how`: whole, plain, seldom, none. */
export const useHealth = (how) => {
  const subscribe = { whole: WHOLE, plain: PLAIN, seldom: SELDOM, none: NOBODY }[how];
  return useSyncExternalStore(subscribe, now, () => NOTHING);
};

/** Say that somebody knows of an alert; resolves to an error, or to undefined. */
export const acknowledge = async (id) => {
  const { error } = await fetchJson(`/api/v1/health/alerts/${id}/acknowledge`, undefined, { method: "POST" });
  await ask();
  return error;
};
