// The plan of a run, as its planner has written it.
import { useState } from "react";
import { copy } from "./clipboard.js";
import { useFetched } from "./fetched.js";
import { Failed, Loading, Nothing } from "./fetched.jsx";
import { MarkdownText } from "./markdown.jsx";

/** The plan of a run, asked for anew whenever `edition` changes. */
export function PlanView({ run, edition }) {
  if (run) return <RunPlan key={run} run={run} edition={edition} />;
  return <Nothing title="This card has not run yet." />;
}

function RunPlan({ run, edition }) {
  const [tries, setTries] = useState(0);
  const { data, error, busy } = useFetched(`/api/v1/runs/${encodeURIComponent(run)}/plan`, `${edition} ${tries}`);
  const again = () => setTries(tries + 1);
  return (
    <div aria-busy={busy} data-testid="plan">
      {error && <Failed error={error} onAgain={again} hook="plan" />}
      {data ? <Plan plan={data} onAgain={again} /> : !error && <Loading label="Opening the plan" />}
    </div>
  );
}

function Plan({ plan, onAgain }) {
  if (!plan.supported) return <Nothing title="This service cannot show plans." />;
  if (!plan.found) {
    return (
      <Nothing title="No plan yet." text="It is shown here as soon as the run has written one.">
        <button type="button" className="button small" data-testid="plan-again" onClick={onAgain}>
          Look again
        </button>
      </Nothing>
    );
  }
  return (
    <>
      <div className="fetched-tools">
        <code className="plan-path">{plan.path}</code>
        <CopyPlan text={plan.text} />
      </div>
      {plan.html ? <MarkdownText html={plan.html} /> : <p className="description">{plan.text}</p>}
      {plan.truncated && <p className="fetched-note">The rest of the plan is too long to be shown.</p>}
    </>
  );
}

function CopyPlan({ text }) {
  const [said, setSaid] = useState("");
  const onClick = async () => setSaid((await copy(text)) ? "Copied" : "Copying is not allowed here");
  return (
    <button type="button" className="button small" data-testid="plan-copy" onClick={onClick} onBlur={() => setSaid("")}>
      <span role="status">{said || "Copy as text"}</span>
    </button>
  );
}
