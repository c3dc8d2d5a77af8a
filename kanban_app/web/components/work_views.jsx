// The plan and the changes of a run. The code of each comes when it is opened for the first time.
import { memo } from "react";
import { arriving } from "./arriving.jsx";
import { Loading, Nothing } from "./fetched.jsx";

const NotLoaded = () => <Nothing title="This view could not be loaded." text="Reload the page to try again." />;
const PlanToCome = () => <Loading label="Opening the plan" />;
const ChangesToCome = () => <Loading label="Opening the changes" />;

const [Plan] = arriving(() => import("./plan.jsx").then((code) => code.PlanView), PlanToCome, NotLoaded);
const [Changes] = arriving(() => import("./changes.jsx").then((code) => code.ChangesView), ChangesToCome, NotLoaded);

// The panel around them is drawn anew with every tick of its run.
export const PlanView = memo(Plan);
export const ChangesView = memo(Changes);
