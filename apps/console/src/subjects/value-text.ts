import type { Value } from "./open-values.ts";

/** A value as text: what is not there is said, and isn't an empty place. */
export const valueText = (value: Value): string => (value === null ? "no value" : value === true ? "yes" : value === false ? "no" : String(value));
