// The views of a run's log. Their code comes once the board stands, or with the first one that is opened.
import { laterView } from "./late.jsx";
import { inQuiet } from "./quiet.js";

const waiting = (
  <p className="log-empty" data-testid="log-view">
    Loading the log …
  </p>
);

export const LogView = laterView(() => import("./log.jsx").then((code) => code.LogView), "The log", waiting);
export const AgentView = laterView(() => import("./agent_view.jsx").then((code) => code.AgentView), "The agent view", waiting);

/** Fetches the code of both when nothing else is to be done. */
export function fetchLogView() {
  inQuiet(() => {
    LogView.ahead();
    AgentView.ahead();
  });
}
