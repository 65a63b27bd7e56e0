import type { EventLog } from "@sallyport/api";

const SAFE_NAME = /^[a-z][a-z0-9_.]{1,60}$/;
const SAFE_VALUE = /^[A-Za-z0-9_.:/@ +=-]{0,200}$/;

/** One JSON line per event, from an allow-list of shapes: a value that doesn't look like an id or a name is replaced, not escaped. */
export const eventLog = (write: (line: string) => void, now: () => number): EventLog => ({
  event(name, facts) {
    const safe = Object.entries(facts).map(([key, value]) => [key, typeof value === "number" || SAFE_VALUE.test(value) ? value : "(withheld)"] as const);
    write(`${JSON.stringify({ at: new Date(now()).toISOString(), event: SAFE_NAME.test(name) ? name : "unnamed", ...Object.fromEntries(safe) })}\n`);
  },
});
