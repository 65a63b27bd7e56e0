export * from "./administration.ts";
export * from "./packets.ts";
export * from "./primitives.ts";
export * from "./token-and-health.ts";
export * from "./setup.ts";
export * from "./strict.ts";
export * from "./subjects.ts";
export * from "./trail.ts";
