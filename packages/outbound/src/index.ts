export { type Exchange, exchange, type Exchanged, type MutualTls } from "./exchange.ts";
export { PlanFile } from "./plan-file.ts";
export { type Answer, isOutboundUrl, type Outbound, send } from "./send.ts";
