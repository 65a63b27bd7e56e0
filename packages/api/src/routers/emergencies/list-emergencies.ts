import { GetEmergencyInput, GetEmergencyOutput, ListEmergenciesInput, ListEmergenciesOutput, MyEmergencyInput, MyEmergencyOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import { emergencyReads } from "../../emergencies/emergency-reads.ts";
import { emergencySummary, printedNames, whyNotReview } from "../../emergencies/emergency-summary.ts";
import type { ApiDeps } from "../../ports.ts";
import { openReason } from "../../sealed-reason.ts";
import { locateSites } from "../site-place.ts";
import { locateEmergency } from "./emergency-place.ts";

const SHOWN = 200;

/** Where the caller may open an emergency, and the one of theirs that isn't reviewed. */
export const myEmergency = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    { action: "access.read", resource: "access", input: MyEmergencyInput, output: MyEmergencyOutput, locate: () => locateSites(deps, {}) },
    async ({ grant, may, session }) => {
      const studies = session === null ? [] : await deps.studies.all();
      const mayOpen = studies.filter(({ id, sites }) =>
        may({ action: "emergency.open", resource: "subject" }, { kind: "any", sites: sites.map((site) => ({ study: id, site: site.id })) }),
      );
      const last = await deps.emergencies.unreviewed(grant.person);
      return { studies: mayOpen.map(({ id }) => id), last: last === null ? null : emergencySummary(last, await printedNames(deps), deps.now()) };
    },
  );

/** Emergencies at the caller's sites, for those who review them. */
export const listEmergencies = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    { action: "emergency.review", resource: "subject", input: ListEmergenciesInput, output: ListEmergenciesOutput, locate: () => locateSites(deps, {}) },
    async ({ grant, trace }) => {
      const nowMs = deps.now();
      const [rows, nameOf] = await Promise.all([deps.emergencies.at(grant.sites, SHOWN), printedNames(deps)]);
      const items = rows.map((row) => ({ ...emergencySummary(row, nameOf, nowMs), mayReview: whyNotReview(row, grant.person, nowMs) === null }));
      trace.note({ shown: items.length });
      return { items, waiting: items.filter(({ mayReview }) => mayReview).length };
    },
  );

/** One emergency with its reason and exactly what was read under it, as the trail has it. */
export const getEmergency = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      action: "emergency.review",
      resource: "subject",
      whenFrozen: "serve",
      input: GetEmergencyInput,
      output: GetEmergencyOutput,
      locate: ({ emergencyId }, trace) => locateEmergency(deps, emergencyId, trace),
    },
    async ({ grant, found, trace }) => {
      if (found === null) throw new SallyportError("policy.denied");
      const { change } = await deps.referenceKeys();
      const [read, nameOf, sealed] = await Promise.all([emergencyReads(deps, grant, found), printedNames(deps), deps.emergencies.sealed(grant, found)]);
      const textOf = (id: string | undefined): string | null => {
        const row = sealed.find((each) => each.id === id);
        return row === undefined ? null : openReason(change, grant, row);
      };
      trace.note({ reads: read.reads.length });
      const nowMs = deps.now();
      return {
        ...emergencySummary(found, nameOf, nowMs),
        ...read,
        reason: textOf(found.reason) ?? "",
        comment: textOf(found.review?.comment),
        whyNot: whyNotReview(found, grant.person, nowMs),
      };
    },
  );
