export { type Asked, enqueued, isSettled, type ItemState, itemStates, type Outcome, type OutboxItem, type Phase, type Said } from "./item.ts";
export { readReceipt, type Receipt, RECEIPT_BYTES_MAX, type Sealed, verdictOf } from "./receipt.ts";
export { chooseRoute, type Route, type RouteHealth, routeLine, type RouteSettings } from "./route.ts";
export type {
  AttemptEnd,
  AttemptRow,
  OutboxRow,
  OutboxStore,
  ReceiptRow,
  RouteStanding,
  RouteStore,
} from "./stores.ts";
export { answered, ask, begin, claim, expire, hasten, isAskedNow, resend, sendingMs, settle, type Transition } from "./transitions.ts";
