// Asking the API of this project.
import { inProject } from "./project.js";

const UNREACHED = { title: "The board does not answer", message: "Check the connection, then try again." };
const NOT_UNDERSTOOD = { title: "The board's answer could not be read", message: "Try again." };

/** Resolves to {data} or {error: {title, message}}; rejects only when `signal` ends it. `more` is for `fetch`. */
export const fetchJson = async (url, signal, more) => {
  let answer;
  try {
    answer = await fetch(inProject(url), { signal, ...more });
  } catch (failure) {
    if (signal?.aborted) throw failure;
    return { error: UNREACHED };
  }
  const body = await answer.json().catch(() => null);
  signal?.throwIfAborted();
  if (answer.ok && body) return { data: body };
  return { error: body?.error ?? NOT_UNDERSTOOD };
};

/** What stands at an address; rejects where that cannot be had. */
export const getJson = async (url, signal) => {
  const { data, error } = await fetchJson(url, signal);
  if (error) throw new Error(`${url}: ${error.title}`);
  return data;
};
