export { PlanFile } from "./plan-file.ts";
export { type Answer, isOutboundUrl, type Outbound, send } from "./send.ts";
