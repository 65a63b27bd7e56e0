export type { Alert, AlertRoute } from "./alert.ts";
export { type AlertPlan, type PlanFiles, readAlerts, readWrittenAlerts, routesOf } from "./alert-plan.ts";
