import { OpenEmergencyInput, OpenEmergencyOutput } from "@sallyport/contracts";
import { isId, newId, sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { lookupOf, referenceOf } from "@sallyport/phi";
import type { SiteRef } from "@sallyport/policy";
import type { z } from "zod";
import type { Boundary, Crossing } from "../../boundary/procedure.ts";
import { tellOwnAct } from "../../notices/own-act.ts";
import type { ApiDeps } from "../../ports.ts";
import { sealReason } from "../../sealed-reason.ts";
import { assertNotStopped } from "../../boundary/quarantine.ts";
import { ownSession } from "../me/own-place.ts";
import { locateSites } from "../site-place.ts";

type Asked = z.output<typeof OpenEmergencyInput>;

const MINUTE_MS = 60_000;
/** What a clock at the other end may be off, and so for how long a proof is good. */
const OFF_MS = 2 * MINUTE_MS;

/** What the proof is over: who, what, why, for how long, and when. */
const emergencyDigest = (person: string, { study, subject, cause, minutes, at }: Omit<Asked, "proof" | "reason">): string =>
  sha256Hex(`${["sallyport/emergency/v1", person, study, subject, cause, minutes, at].join("\n")}\n`);

/** The subject that is named, and where it is now. Throws `policy.denied` where that study has none such. */
async function named<Tx>(deps: ApiDeps<Tx>, { study, subject }: Asked): Promise<{ readonly id: string; readonly site: SiteRef }> {
  const { lookup } = await deps.referenceKeys();
  // Both are computed whichever it is: the time of an answer tells nothing.
  const byName = await deps.subjects.byLookup(study, lookupOf(lookup.key, study, subject));
  const id = isId("sub", subject) ? subject : byName;
  const site = id === null ? null : await deps.subjects.siteOf(id);
  if (id === null || site === null || site.study !== study) throw new SallyportError("policy.denied");
  return { id, site };
}

/** Refuses what needs no emergency. */
function assertNeeded({ may }: Pick<Crossing<Asked, null>, "may">, site: SiteRef): void {
  const place = { kind: "one", site } as const;
  if (may({ action: "subject.read", resource: "subject" }, place) && may({ action: "phi.read", resource: "subject_phi" }, place)) throw new SallyportError("emergency.needless");
}

/**
 * Opens one subject of a study to a person who may open emergencies in it (ADR 0036): for a time, for reading alone, loudly. The study decides; which
 * subjects there are is looked at only behind a fresh proof, so that each guess costs a gesture, and stands in the trail.
 */
export const openEmergency = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      action: "emergency.open",
      resource: "subject",
      input: OpenEmergencyInput,
      output: OpenEmergencyOutput,
      locate: ({ study }) => locateSites(deps, { study }),
    },
    {
      prepare: async (crossing) => {
        const { input, grant, session, trace } = crossing;
        const { person } = ownSession(session);
        if (Math.abs(Date.parse(input.at) - deps.now()) > OFF_MS) throw new SallyportError("input.invalid", { where: ["at: not now"] });
        // Before the proof is used up, what needs none of it: their last one.
        if ((await deps.emergencies.unreviewed(person)) !== null) throw new SallyportError("emergency.unreviewed");
        await deps.stepUp.attest(person, input.proof, emergencyDigest(person, input));
        const { id: subject, site } = await named(deps, input);
        const { reference, change } = await deps.referenceKeys();
        trace.about(referenceOf(reference.key, subject));
        // Of the subject's site, wherever the right is held.
        assertNotStopped(deps.incidentOf(`site:${site.study}/${site.site}`));
        assertNeeded(crossing, site);
        const reason = sealReason(change, grant, input.reason);
        const fromMs = deps.now();
        const row = {
          id: newId("emg"),
          principal: grant.principal,
          person,
          subject,
          ...site,
          cause: input.cause,
          reason: reason.id,
          fromMs,
          untilMs: fromMs + input.minutes * MINUTE_MS,
        };
        trace.concerns(site);
        trace.note({ emergency: row.id, cause: row.cause, until: new Date(row.untilMs).toISOString(), proof: input.proof.kind, commitment: reason.commitment });
        return { row, reason };
      },
      commit: async (tx, { input, grant }, { row, reason }) => {
        const { people } = deps.people;
        // Whoever was stopped while this was under way opens nothing.
        const opener = await people.lock(tx, row.person);
        if (opener?.status !== "active" || (await people.isStopped(tx, row.person, deps.now()))) throw new SallyportError("policy.denied");
        await deps.changes.insert(tx, reason);
        await deps.emergencies.open(tx, row);
        await deps.alerts.raise(tx, {
          key: `emergency.opened:${row.id}`,
          kind: "emergency.opened",
          chain: `site:${row.study}/${row.site}`,
          about: `emergency/${row.id}`,
          facts: { until: new Date(row.untilMs).toISOString() },
          atMs: row.fromMs,
        });
        const own = { person: row.person, act: "open a subject in an emergency", about: `emergency/${row.id}`, method: input.proof.kind };
        await tellOwnAct(deps, tx, { kind: "proof.used", ...own, request: grant.requestId, site: { study: row.study, site: row.site } });
        deps.log.event("emergency.opened", { emergency: row.id, site: `${row.study}/${row.site}`, requestId: grant.requestId });
        return { emergencyId: row.id, subjectId: row.subject, study: row.study, site: row.site, until: new Date(row.untilMs).toISOString() };
      },
    },
  );
