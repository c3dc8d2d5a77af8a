// The views of a run's log. Their code comes once the board stands, or with the first one that is opened.
import { Suspense, lazy, memo } from "react";
import { inQuiet } from "./quiet.js";

const NotLoaded = () => (
  <p className="log-empty" data-testid="log-view" role="alert">
    The log view could not be loaded. Reload the page: nothing of the log is lost.
  </p>
);

const loading = new Map();

/** The code of a view; one that cannot be loaded is tried only once. */
const codeOf = (name, load) => {
  if (!loading.has(name)) loading.set(name, load());
  return loading.get(name).then(
    (code) => ({ default: code[name] }),
    () => ({ default: NotLoaded }),
  );
};
const loadLog = () => codeOf("LogView", () => import("./log.jsx"));
const loadAgent = () => codeOf("AgentView", () => import("./agent_view.jsx"));
const Log = lazy(loadLog);
const Agent = lazy(loadAgent);

const Waiting = () => (
  <p className="log-empty" data-testid="log-view">
    Loading the log …
  </p>
);

// The panel around them is drawn anew with every tick of its run.
export const LogView = memo((props) => (
  <Suspense fallback={<Waiting />}>
    <Log {...props} />
  </Suspense>
));

export const AgentView = memo((props) => (
  <Suspense fallback={<Waiting />}>
    <Agent {...props} />
  </Suspense>
));

/** Fetches the code of both when nothing else is to be done. */
export function fetchLogView() {
  inQuiet(() => {
    loadLog();
    loadAgent();
  });
}
