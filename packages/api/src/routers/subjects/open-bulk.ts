import { OpenBulkInput, OpenBulkOutput } from "@sallyport/contracts";
import { newId } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { openFields, referenceOf } from "@sallyport/phi";
import { type ApprovalRow, stateAt } from "@sallyport/policy";
import { z } from "zod";
import { approvalActs } from "../../approvals/registry.ts";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { subjectKeyPlace } from "./subject-place.ts";

/** How long a screen may show revealed values before it covers them again. */
const REMASK_AFTER_SECONDS = 120;
const Payload = z.object({ subjectId: z.string(), fields: z.array(z.string()), purpose: z.string() });

/**
 * Opens what an approved request of the caller's own names: once, in time, and on record and under a checkpoint before a value leaves. Who repeats the
 * request with its key, in that time, gets the values anew: the answer may not have reached them.
 */
export const openBulk = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) => {
  const act = approvalActs(deps)["phi.bulk_reveal"];
  const usable = (row: ApprovalRow | null, repeats: string | null): ApprovalRow => {
    if (row === null) throw new SallyportError("policy.denied");
    // What was opened stays open to its repeat for as long as it could have been opened, and no longer.
    const standing = repeats !== null && row.state === "done" ? ({ ...row, state: "approved" } as const) : row;
    if (stateAt(standing, deps.now()) !== "approved") throw new SallyportError("approval.state");
    return row;
  };
  return boundary.reveal(
    {
      ...act.ask,
      input: OpenBulkInput,
      output: OpenBulkOutput,
      evidence: true,
      locate: async ({ approvalId }, trace) => {
        const found = await deps.approvals.placeOf(approvalId);
        const { reference } = await deps.referenceKeys();
        // Computed for what isn't there too: the time of an answer tells nothing.
        const about = referenceOf(reference.key, found?.subject ?? newId("sub"));
        if (found?.kind !== act.kind || found.subject === null) {
          trace.about(approvalId);
          return { place: { kind: "one", site: null }, found: null };
        }
        trace.about(about);
        return { place: { kind: "one", site: found.site }, found: null, whose: found.requestedByPerson };
      },
    },
    async ({ input: { approvalId }, grant, trace }, repeats) => {
      const row = usable(await deps.approvals.get(grant, approvalId), repeats);
      const { subjectId, fields, purpose } = Payload.parse(act.payloadOf(row));
      const opened = await deps.subjects.open(grant, subjectId, { names: fields });
      if (opened === null) throw new SallyportError("policy.denied");
      const { subject } = opened;
      const classifier = deps.profiles.of(subject.study);
      const rows = opened.fields.filter((row) => grant.fields.readable.includes(classifier.ofStored(row)));
      if (!fields.every((field) => rows.some(({ domain, name }) => `${domain}.${name}` === field))) throw new SallyportError("policy.denied");
      const key = await deps.keys.open(subjectKeyPlace(subject), subject.wrapped);
      const values = openFields(grant, key, subject, rows, classifier).flatMap((view) =>
        view.shown === "open" ? [{ field: `${view.domain}.${view.name}`, record: view.record, value: view.value.open(grant) }] : [],
      );
      return {
        store: async (tx) => {
          usable(await deps.approvals.lock(tx, grant, row.id), repeats);
          if (repeats === null) await deps.approvals.settle(tx, grant, row.id, { from: "approved", to: "done", atMs: deps.now() });
          // What was opened is counted where it was opened first; a repeat names that crossing.
          trace.note({ approval: row.id, purpose, ...(repeats === null ? { opened: values.length } : { repeats }), field: fields.join(",") });
        },
        answer: (recorded, evidence) => ({ subjectId, fields: values, remaskAfterSeconds: REMASK_AFTER_SECONDS, recorded, evidence }),
      };
    },
  );
};
