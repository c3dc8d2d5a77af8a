// The plan and the changes of a run. The code of each comes when it is opened for the first time.
import { Suspense, lazy, memo } from "react";
import { Loading, Nothing } from "./fetched.jsx";

const NotLoaded = () => <Nothing title="This view could not be loaded." text="Reload the page to try again." />;

const later = (load, name) =>
  lazy(() =>
    load().then(
      (module) => ({ default: module[name] }),
      () => ({ default: NotLoaded }),
    ),
  );
const Plan = later(() => import("./plan.jsx"), "PlanView");
const Changes = later(() => import("./changes.jsx"), "ChangesView");

// The panel around them is drawn anew with every tick of its run.
export const PlanView = memo((props) => (
  <Suspense fallback={<Loading label="Opening the plan" />}>
    <Plan {...props} />
  </Suspense>
));

export const ChangesView = memo((props) => (
  <Suspense fallback={<Loading label="Opening the changes" />}>
    <Changes {...props} />
  </Suspense>
));
