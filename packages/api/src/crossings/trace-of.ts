import type { Trace } from "@sallyport/contracts";
import { catalog, type ErrorCode, type ErrorFacts, isErrorCode } from "@sallyport/errors";
import type { z } from "zod";

/** What a trace is derived from: a record of the request, with its detail taken apart. */
export interface TracedRecord {
  readonly decision: string;
  readonly reason: string;
  /** `-` where no decision to allow was reached. */
  readonly role: string;
  readonly action: string;
  readonly policy: string;
  readonly detail: Readonly<Record<string, string>>;
}

type TraceShape = z.input<typeof Trace>;
type Lamp = TraceShape["lamps"][number];
type Pillar = Lamp["pillar"];

const PILLARS: readonly Pillar[] = ["workload", "principal", "policy", "phi", "trail"];
const isPillar = (name: string): name is Pillar => (PILLARS as readonly string[]).includes(name);

const OPEN: Readonly<Record<Pillar, string>> = {
  workload: "The certificate named one workload of this deployment.",
  principal: "The token was that workload's, for a principal that may act.",
  policy: "A rule allowed it.",
  phi: "What was opened was opened for this crossing alone.",
  trail: "It is on record.",
};
const DARK: Readonly<Record<Pillar, string>> = {
  workload: "It was not asked who was calling.",
  principal: "It was not asked who was acting.",
  policy: "It came to no decision.",
  phi: "Nothing clinical was opened.",
  trail: "It came to no record of its own.",
};
/** Acts that open clinical values; all others have nothing to open. */
const OPENS_PHI = new Set(["subject.read", "phi.read", "phi.bulk_reveal", "packet.upload", "packet.release"]);

/** The failure that a record's reason names: `code`, or `code:why` with the policy's own word. */
function failureIn(reason: string): { readonly code: ErrorCode; readonly why: string | null } | null {
  const [code = "", why = null] = reason.split(":");
  return isErrorCode(code) ? { code, why } : null;
}

/** The record that says how a request ended: the last one that refuses or fails, else the first that allows, else the first. */
const decisiveOf = (records: readonly TracedRecord[]): TracedRecord | null =>
  records.findLast(({ decision }) => decision === "deny" || decision === "error") ?? records.find(({ decision }) => decision === "allow") ?? records[0] ?? null;

/**
 * The five lamps of a request, from its records in the order in which they were written; null where there is none.
 *
 * The pillar of the failure's code is shut; those before it in the boundary's order let the request through; those behind it were never
 * reached, except that the refusal itself is on record, and that a failure after the decision leaves the policy open. A failure that is of
 * no pillar (the input, the service) shuts none of them: its text stands where the work would have been.
 */
export function traceOf(records: readonly TracedRecord[]): TraceShape | null {
  const decisive = decisiveOf(records);
  if (decisive === null) return null;
  const rule = decisive.detail["rule"] ?? records.find(({ detail }) => detail["rule"] !== undefined)?.detail["rule"] ?? null;
  const shared = { rule, policy: decisive.policy };
  if (decisive.decision === "note")
    return { ...shared, lamps: PILLARS.map((pillar) => (pillar === "trail" ? lamp(pillar, "open", "The system noted it by itself.") : dark(pillar))), remedy: null };
  const failure = failureIn(decisive.reason);
  if (decisive.decision === "allow") return { ...shared, lamps: PILLARS.map((pillar) => allowedLamp(pillar, decisive.action)), remedy: null };
  // A reason that this version doesn't know, or that was altered, is told of as no more than it is.
  if (failure === null) return { ...shared, lamps: PILLARS.map((pillar) => (pillar === "trail" ? lamp(pillar, "open", "The refusal is on record.") : dark(pillar))), remedy: null };
  const facts: ErrorFacts = catalog[failure.code];
  return { ...shared, lamps: PILLARS.map((pillar) => refusedLamp(pillar, facts, decisive, failure.why)), remedy: facts.remedy };
}

const lamp = (pillar: Pillar, state: Lamp["state"], text: string): Lamp => ({ pillar, state, text });
const dark = (pillar: Pillar): Lamp => lamp(pillar, "dark", DARK[pillar]);

const allowedLamp = (pillar: Pillar, action: string): Lamp =>
  lamp(pillar, "open", pillar === "phi" && !OPENS_PHI.has(action) ? "There was nothing clinical to open." : OPEN[pillar]);

function refusedLamp(pillar: Pillar, facts: ErrorFacts, { role }: TracedRecord, why: string | null): Lamp {
  if (pillar === facts.pillar) return lamp(pillar, "shut", why === null ? facts.message : `${facts.message} (${why})`);
  const isDecided = role !== "-";
  switch (pillar) {
    case "workload":
      return lamp(pillar, "open", OPEN.workload);
    case "principal":
      return facts.pillar === "workload" ? dark(pillar) : lamp(pillar, "open", OPEN.principal);
    case "policy":
      if (isDecided) return lamp(pillar, "open", OPEN.policy);
      return isPillar(facts.pillar) ? dark(pillar) : lamp(pillar, "dark", facts.message);
    case "phi":
      return isDecided && !isPillar(facts.pillar) ? lamp(pillar, "dark", facts.message) : dark(pillar);
    case "trail":
      return lamp(pillar, "open", "The refusal is on record.");
  }
}

/** A record's detail, `name=value` joined by semicolons, taken apart; what isn't of that form is `note`. */
export function detailOf(detail: string): Readonly<Record<string, string>> {
  if (detail === "" || detail === "-") return {};
  return Object.fromEntries(
    detail.split(";").map((part) => {
      const at = part.indexOf("=");
      return at > 0 ? [part.slice(0, at), part.slice(at + 1)] : ["note", part];
    }),
  );
}
