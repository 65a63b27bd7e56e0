export { bundleFingerprint, bundleOperators, honestBundle } from "./testing/bundle-operators.ts";
