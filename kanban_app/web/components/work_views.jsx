// The plan and the changes of a run. The code of each comes when it is opened for the first time.
import { Loading } from "./fetched.jsx";
import { laterView } from "./late.jsx";

export const PlanView = laterView(
  () => import("./plan.jsx").then((code) => code.PlanView),
  "The plan",
  <Loading label="Opening the plan" />,
);
export const ChangesView = laterView(
  () => import("./changes.jsx").then((code) => code.ChangesView),
  "The list of changes",
  <Loading label="Opening the changes" />,
);
