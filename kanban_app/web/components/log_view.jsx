// The views of a run's log. Their code comes once the board stands, or with the first one that is opened.
import { memo } from "react";
import { arriving } from "./arriving.jsx";
import { inQuiet } from "./quiet.js";

const NotLoaded = () => (
  <p className="log-empty" data-testid="log-view" role="alert">
    The log view could not be loaded. Reload the page: nothing of the log is lost.
  </p>
);

const Waiting = () => (
  <p className="log-empty" data-testid="log-view">
    Loading the log …
  </p>
);

const [Log, fetchLog] = arriving(() => import("./log.jsx").then((code) => code.LogView), Waiting, NotLoaded);
const [Agent, fetchAgent] = arriving(() => import("./agent_view.jsx").then((code) => code.AgentView), Waiting, NotLoaded);

// The panel around them is drawn anew with every tick of its run.
export const LogView = memo(Log);
export const AgentView = memo(Agent);

/** Fetches the code of both when nothing else is to be done. */
export function fetchLogView() {
  inQuiet(() => {
    fetchLog();
    fetchAgent();
  });
}
