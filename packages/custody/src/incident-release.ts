import type { Standing } from "@sallyport/audit";
import { SallyportError } from "@sallyport/errors";
import { countedApproval, type CountingRules } from "./approved-document.ts";
import type { CredentialStore } from "./credential-kinds.ts";
import type { Incident } from "./incident.ts";
import type { ApproveAnswers, ApproveRequest } from "./model.ts";
import { incidentText, positionText } from "./trail-incidents.ts";
import type { TrailMarkStore } from "./trail-marks.ts";

/** The kind of approval that ends incidents. */
const KIND = "incident.release";
/** Incidents that one release may name. */
const INCIDENTS_MAX = 50;
/** How long a release that was approved may be carried out. */
const USABLE_MS = 86_400_000;

/** What a release is held against, each by itself. A test that shows what one is for leaves it out; production takes {@link strictReleaseRules}. */
export interface ReleaseRules extends CountingRules {
  /** What was approved is what the incident is now: its chain, range and kind. */
  readonly exact: boolean;
  /** It is done within a day of the approval. */
  readonly inTime: boolean;
  /** Who asked proves it, by a credential that the custodian took in by itself. */
  readonly requester: boolean;
}
export const strictReleaseRules: ReleaseRules = { kind: true, enough: true, separation: true, proven: true, exact: true, inTime: true, requester: true };

export interface IncidentReleaseOptions {
  readonly store: TrailMarkStore & Pick<CredentialStore, "all">;
  readonly deployment: string;
  /** Verifies an assertion by a credential of this person over 32 bytes. @throws `stepup.failed`. */
  readonly prove: (person: string, digest: string, response: string) => Promise<Standing>;
  readonly now: () => number;
  readonly rules?: ReleaseRules;
}

/**
 * Ends incidents: two persons have said so, each by a passkey that the custodian holds – one approved the statement, and who asked for it proves
 * it now. Nothing is mended: what was broken stays so, and verification goes on to say it.
 *
 * @throws `verb.refused` for whatever is missing; `stepup.failed`.
 */
export async function releaseIncidents(
  options: IncidentReleaseOptions,
  { statement, response }: Extract<ApproveRequest, { readonly kind: "release" }>,
): Promise<ApproveAnswers["release"]> {
  const { store, deployment, prove, now, rules = strictReleaseRules } = options;
  const refused = (why: string): SallyportError => new SallyportError("verb.refused", { why, kind: KIND });
  const { said, digest, lastMs, persons } = countedApproval({ store, deployment, rules }, { kind: KIND, statement, refused });
  const named = said.payload["incidents"];
  if (!Array.isArray(named) || named.length === 0 || named.length > INCIDENTS_MAX) throw refused("incidents");
  const incidents = named.map((text: string) => store.get("incident", /^incident=([^;]+)/.exec(text)?.[1] ?? ""));
  const isWhole = (each: Incident | undefined): each is Incident => each !== undefined;
  if (!incidents.every(isWhole)) throw refused("incidents");
  // The same again gets the same answer: the first may have been lost on the way.
  if (incidents.every(({ ended }) => ended?.approval === digest)) return { ended: incidents.map(({ id }) => id) };
  if (incidents.some(({ ended, openedAt }) => ended !== null || openedAt === null)) throw refused("state");
  if (rules.exact && incidents.some((incident, at) => incidentText(incident) !== named[at])) throw refused("other range");
  if (rules.inTime && now() >= lastMs + USABLE_MS) throw refused("time");
  if (rules.requester && (await prove(said.requestedByPerson, digest, response)) !== "proven") throw refused("requester");
  // The proof took its time: what was found meanwhile is nothing that anybody approved the end of.
  if (incidents.some((incident) => store.get("incident", incident.id) !== incident)) throw refused("state");
  const at = new Date(now()).toISOString();
  const by = [said.requestedByPerson, ...persons];
  for (const incident of incidents) {
    store.put("incident", incident.id, { ...incident, ended: { at, approval: digest, by } });
    for (const chain of new Set(["system", incident.chain])) store.record(actionOf(incident), `incident/${incident.id}`, endText(incident, digest, by), chain);
  }
  await store.durable();
  return { ended: incidents.map(({ id }) => id) };
}

/** Where signed records are gone, the end says so: the trail doesn't go on from what was signed. */
const actionOf = ({ isFrozen }: Incident): string => (isFrozen ? "trail.discontinuity" : "incident.ended");

const endText = (incident: Incident, digest: string, by: readonly string[]): string =>
  [
    incidentText(incident),
    ...(incident.signed === null ? [] : [`signed=${positionText(incident.signed)}`]),
    ...(incident.stored === null ? [] : [`stored=${positionText(incident.stored)}`]),
    `approval=${digest}`,
    `by=${by.join(",")}`,
  ].join(";");
