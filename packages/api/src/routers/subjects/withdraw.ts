import { CorrectWithdrawalInput, WithdrawalOutput, WithdrawInput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { sealConsentDate } from "@sallyport/phi";
import type { Boundary } from "../../boundary/procedure.ts";
import { sealReason } from "../../sealed-reason.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateSubject, subjectKeyPlace } from "./subject-place.ts";

/**
 * Records that a subject has withdrawn consent, from a day, with a reason. What is stored stays; what may still come is the release's question
 * (ADR 0020). The day is sealed under the subject's key, as the other dates of theirs are, and stands in no record of the trail.
 */
export const withdraw = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      action: "subject.withdraw",
      resource: "subject",
      input: WithdrawInput,
      output: WithdrawalOutput,
      evidence: true,
      locate: ({ subjectId }, trace) => locateSubject(deps, subjectId, trace),
    },
    {
      prepare: async ({ input, grant, trace }) => {
        // A day that is still to come anywhere on earth is none from which anybody has withdrawn.
        if (input.from > new Date(deps.now() + LATEST_ZONE_MS).toISOString().slice(0, 10)) throw new SallyportError("input.invalid", { where: ["from"] });
        const reason = sealReason((await deps.referenceKeys()).change, grant, input.reason);
        trace.note({ consent: "withdrawn", commitment: reason.commitment });
        const found = await deps.read((tx) => deps.subjectActs.lockForWithdrawal(tx, grant, input.subjectId));
        if (found === null) throw new SallyportError("policy.denied");
        const { subject, latest } = found;
        if (latest?.act === "withdrawn") throw new SallyportError("subject.state");
        const key = await deps.keys.open(subjectKeyPlace(subject), subject.wrapped);
        const n = (latest?.n ?? 0) + 1;
        return { reason, n, keyVersion: subject.keyVersion, sealed: sealConsentDate(grant, key, subject, n, input.from) };
      },
      commit: async (tx, { input: { subjectId: subject }, grant }, { reason, n, keyVersion, sealed }) => {
        const standing = await deps.subjectActs.lockForWithdrawal(tx, grant, subject);
        if (standing === null) throw new SallyportError("policy.denied");
        // What it was sealed for must still stand: another act may have come in between. The retry looks anew.
        if (standing.subject.keyVersion !== keyVersion || (standing.latest?.n ?? 0) + 1 !== n) throw new SallyportError("service.busy");
        const atMs = deps.now();
        await deps.changes.insert(tx, reason);
        await deps.subjectActs.insertWithdrawal(tx, grant, { subject, n, act: "withdrawn", sealed, reason: reason.id, atMs });
        return { subjectId: subject, withdrawnAt: new Date(atMs).toISOString() };
      },
    },
  );

const LATEST_ZONE_MS = 14 * 3_600_000;

/** Takes a withdrawal back that was recorded in error. It stays on record, and so does this. */
export const correctWithdrawal = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      action: "subject.withdraw",
      resource: "subject",
      input: CorrectWithdrawalInput,
      output: WithdrawalOutput,
      evidence: true,
      locate: ({ subjectId }, trace) => locateSubject(deps, subjectId, trace),
    },
    {
      prepare: async ({ input, grant, trace }) => {
        const reason = sealReason((await deps.referenceKeys()).change, grant, input.reason);
        trace.note({ consent: "recorded_in_error", commitment: reason.commitment });
        return reason;
      },
      commit: async (tx, { input: { subjectId: subject }, grant }, reason) => {
        const standing = await deps.subjectActs.lockForWithdrawal(tx, grant, subject);
        if (standing === null) throw new SallyportError("policy.denied");
        if (standing.latest?.act !== "withdrawn") throw new SallyportError("subject.state");
        await deps.changes.insert(tx, reason);
        await deps.subjectActs.insertWithdrawal(tx, grant, { subject, n: standing.latest.n + 1, act: "recorded_in_error", sealed: null, reason: reason.id, atMs: deps.now() });
        return { subjectId: subject, withdrawnAt: null };
      },
    },
  );
