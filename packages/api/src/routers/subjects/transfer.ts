import { TransferInput, TransferOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { CONSENT, moveFields } from "@sallyport/phi";
import type { Boundary } from "../../boundary/procedure.ts";
import { sealReason } from "../../sealed-reason.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateSubject, subjectKeyPlace } from "./subject-place.ts";

/**
 * Moves a subject to another site of its study, by someone who holds the right at both: every version of every record is sealed anew for the
 * new place under a new data key, in one transaction with a record in both sites' chains (ADR 0020). Id, label and lookup stay.
 */
export const transfer = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      action: "subject.transfer",
      resource: "subject",
      input: TransferInput,
      output: TransferOutput,
      evidence: true,
      locate: async ({ subjectId, to }, trace) => {
        const { place } = await locateSubject(deps, subjectId, trace);
        const from = place.kind === "one" ? place.site : null;
        const study = (await deps.studies.all()).find(({ id }) => id === from?.study);
        // A site that isn't one of the study's has no owner: it is denied in the same way as one that is someone else's.
        // So is one that is closed: a subject would be new to it.
        const target = study?.sites.some(({ id, closedAtMs = null }) => id === to && closedAtMs === null) === true ? { study: study.id, site: to } : null;
        const sites = from !== null && from.site === target?.site ? [from] : [from, target];
        return { place: { kind: "each", sites }, found: { from, to: target } };
      },
    },
    {
      prepare: async ({ input: { subjectId, reason: why }, grant, found: { from, to }, trace }) => {
        if (from === null || to === null) throw new SallyportError("policy.denied");
        if (from.site === to.site) throw new SallyportError("subject.state");
        const reason = sealReason((await deps.referenceKeys()).change, grant, why);
        const whole = await deps.subjectActs.whole(grant, subjectId);
        if (whole === null) throw new SallyportError("policy.denied");
        const { subject, fields } = whole;
        // It moved between the decision and this look: the decision was about another place.
        if (subject.site !== from.site) throw new SallyportError("service.busy");
        const oldKey = await deps.keys.open(subjectKeyPlace(subject), subject.wrapped);
        const [made] = await deps.keys.create([subjectKeyPlace({ id: subjectId, ...to, keyVersion: subject.keyVersion + 1 })]);
        if (made === undefined) throw new SallyportError("keys.unavailable");
        const sealed = moveFields(grant, subjectId, { site: from, key: oldKey }, { site: to, key: made.key }, fields);
        const stored = fields.filter(({ domain }) => domain !== CONSENT.domain);
        const moved = {
          records: new Set(stored.map(({ domain, record }) => `${domain}.${record}`)).size,
          versions: new Set(stored.map(({ domain, record, version }) => `${domain}.${record}.${version}`)).size,
          fields: stored.length,
        };
        trace.note({ from: from.site, to: to.site, ...moved, commitment: reason.commitment });
        return { reason, moved, move: { id: subjectId, from, to, wrapped: made.wrapped, fields: sealed, reason: reason.id, atMs: deps.now() } };
      },
      commit: async (tx, { grant }, { reason, moved, move }) => {
        await deps.changes.insert(tx, reason);
        // Where a release, a withdrawal or another transfer came in between, this ends, and the retry looks anew.
        await deps.subjectActs.transfer(tx, grant, move);
        return { subjectId: move.id, site: move.to.site, moved };
      },
    },
  );
