import type { Assignment } from "@sallyport/policy";

const iso = (ms: number): string => new Date(ms).toISOString();

/** An assignment as the contracts show it. */
export const assignmentSummary = ({ role, study, site, fromMs, untilMs }: Assignment) => ({ role, study, site, from: iso(fromMs), until: untilMs === null ? null : iso(untilMs) });
