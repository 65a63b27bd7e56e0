export type { Alert, AlertRoute, PersonalMail } from "./alert.ts";
export { type AlertPlan, type PlanFiles, readAlerts, personalMailOf, readWrittenAlerts, routesOf } from "./alert-plan.ts";
