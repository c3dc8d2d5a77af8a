// What stands at an address of the API, for parts of the screen that nobody needs before they are opened.
import { useEffect, useState } from "react";
import { fetchJson } from "./fetch_json.js";

/**
 * {data, error, busy} of `url`, asked anew whenever `edition` changes. Until then, and where it fails, the last data
 * stays; that of another address does not.
 */
export const useFetched = (url, edition) => {
  const [state, setState] = useState({ url, data: null, error: null, done: null });
  useEffect(() => {
    const request = new AbortController();
    fetchJson(url, request.signal).then(
      ({ data = null, error = null }) =>
        setState((before) => ({ url, data: data ?? (before.url === url ? before.data : null), error, done: edition })),
      () => {},
    );
    return () => request.abort();
  }, [url, edition]);
  const known = state.url === url;
  return {
    data: known ? state.data : null,
    error: known ? state.error : null,
    busy: !known || state.done !== edition,
  };
};
