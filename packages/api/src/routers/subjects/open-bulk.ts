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

/** Opens what an approved request of the caller's own names: once, in time, and on record before a value leaves. */
export const openBulk = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) => {
  const act = approvalActs(deps)["phi.bulk_reveal"];
  const usable = (row: ApprovalRow | null): ApprovalRow => {
    if (row === null) throw new SallyportError("policy.denied");
    if (stateAt(row, deps.now()) !== "approved") throw new SallyportError("approval.state");
    return row;
  };
  return boundary.reveal(
    {
      ...act.ask,
      input: OpenBulkInput,
      output: OpenBulkOutput,
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
    async ({ input: { approvalId }, grant, trace }) => {
      const row = usable(await deps.approvals.get(grant, approvalId));
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
      trace.note({ approval: row.id, purpose, opened: values.length, field: fields.join(",") });
      return {
        store: async (tx) => {
          usable(await deps.approvals.lock(tx, grant, row.id));
          await deps.approvals.settle(tx, grant, row.id, { from: "approved", to: "done", atMs: deps.now() });
        },
        answer: (recorded) => ({ subjectId, fields: values, remaskAfterSeconds: REMASK_AFTER_SECONDS, recorded }),
      };
    },
  );
};
