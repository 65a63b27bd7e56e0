export { type Asked, enqueued, isSettled, type ItemState, itemStates, type Outcome, type OutboxItem, type Phase, type Said } from "./item.ts";
export { readReceipt, type Receipt, RECEIPT_BYTES_MAX, type Sealed, verdictOf } from "./receipt.ts";
export { chooseRoute, type Route, type RouteHealth, routeLine, RouteList, RouteSettings, ROUTES_MAX } from "./route.ts";
export { answered, ask, begin, claim, expire, hasten, isAskedNow, resend, sendingMs, settle, type Transition } from "./transitions.ts";
