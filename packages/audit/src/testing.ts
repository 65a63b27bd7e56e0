export { bundleFingerprint, bundleOperators, honestBundle } from "./testing/bundle-operators.ts";
export { asFound, type BundleDefence, type Holds } from "./defence.ts";
export { badTurns, bothSign, halfOf, type HeldKey, heldKey, turnOf } from "./testing/held-key.ts";
export { recomputeManifest } from "./testing/memory-bundle.ts";
export { pageOf } from "./testing/page-of.ts";
export { auditKey, sealLog } from "./testing/sealed-log.ts";
