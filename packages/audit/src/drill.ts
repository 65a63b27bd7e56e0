export { memoryReader } from "./drill/bundle-in-memory.ts";
export { drill, type DrillOptions, type DrillResult } from "./drill/drill.ts";
