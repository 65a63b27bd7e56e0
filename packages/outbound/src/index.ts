export { type Answer, isOutboundUrl, type Outbound, send } from "./send.ts";
