export { dropRound, type Fate } from "./drop-round.ts";
export { DropState } from "./drop-state.ts";
export type { DropServer } from "./drop-server.ts";
export type { DropParts, Step } from "./take-delivery.ts";
