export { canaries } from "./canary.ts";
export { assertFails, type Defence, faultTest } from "./fault-test.ts";
export { type FixedClock, fixedClock } from "./fixed-clock.ts";
export { findCanaries, type Leak } from "./leak-scanner.ts";
export { seededBytes } from "./seeded-bytes.ts";
export { readVectors, vectorTest } from "./vectors.ts";
export { timePairs, type Timings, WELCH_LIMIT, welchT } from "./welch.ts";
export { pdfOf } from "./pdf-bytes.ts";
export { type ZipOdds, type ZipPart, zipOf } from "./zip-bytes.ts";
