export type { Anchor, AnchorKind, AnchorPosition, SignedCheckpoint } from "./anchor.ts";
export { type AnchorPlan, anchorsOf, readPlan, readWrittenPlan } from "./anchor-plan.ts";
export { folderAnchor } from "./folder-anchor.ts";
export { timestampAnchor } from "./timestamp-anchor.ts";
export { witnessAnchor } from "./witness-anchor.ts";
