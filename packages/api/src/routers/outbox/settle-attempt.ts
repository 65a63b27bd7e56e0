import { BeginAttemptInput, BeginAttemptOutput, SettleAttemptInput, SettleAttemptOutput } from "@sallyport/contracts";
import { sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { answered, type Asked, begin, type Outcome, type OutboxRow, readReceipt, type ReceiptRow, type Said, settle, verdictOf } from "@sallyport/outbox";
import type { z } from "zod";
import type { Boundary } from "../../boundary/procedure.ts";
import { moveItem } from "../../outbox/move-item.ts";
import type { ApiDeps } from "../../ports.ts";
import { DELIVER, locateItem } from "./outbox-place.ts";

type Settled = z.output<typeof SettleAttemptInput>;

/** Says that bytes go out from now on; what comes of it is the portal's to say. Refused for an attempt that isn't the one under way, or where its recipient has its key no more. */
export const beginAttempt = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    { ...DELIVER, input: BeginAttemptInput, output: BeginAttemptOutput, locate: locateItem },
    {
      prepare: () => Promise.resolve(null),
      commit: async (tx, { input: { itemId, attempt }, grant, trace }) => {
        const row = await deps.outbox.lock(tx, grant, itemId);
        if (row === null) throw new SallyportError("policy.denied");
        const nowMs = deps.now();
        const item = begin(row.item, { attempt, length: row.length }, nowMs);
        if (item === null) throw new SallyportError("outbox.fenced");
        if (!row.hasKey) throw new SallyportError("recipient.state");
        await deps.outbox.beginAttempt(tx, { itemId, n: attempt, atMs: nowMs });
        await moveItem(deps, tx, trace, row, { item, isDisagreement: false }, null);
        return { itemId, attempt };
      },
    },
  );

/**
 * Says how an attempt ended, or what its portal answered. A receipt is judged here, by its bytes; without one nothing is acknowledged or rejected, and
 * over HTTPS nothing is free to be sent again. The process that says it holds no more than its word about a failure.
 */
export const settleAttempt = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    { ...DELIVER, input: SettleAttemptInput, output: SettleAttemptOutput, locate: locateItem },
    {
      prepare: () => Promise.resolve(null),
      commit: async (tx, { input, grant, trace }) => {
        const { itemId, attempt } = input;
        const row = await deps.outbox.lock(tx, grant, itemId);
        if (row === null) throw new SallyportError("policy.denied");
        const nowMs = deps.now();
        const receipt = input.receipt === undefined ? null : receiptOf(input.receipt, row, { attempt, atMs: nowMs });
        const route = row.item.route === null ? null : await deps.routes.byId(tx, grant, row.item.route);
        const isFolder = route?.settings.kind === "sftp";
        const to = input.asked
          ? answered(row.item, { attempt, answer: answerOf(input, receipt, isFolder) }, nowMs)
          : settle(row.item, { attempt, outcome: outcomeOf(input, receipt, isFolder) }, nowMs);
        if (to === null) throw new SallyportError("outbox.fenced");
        if (receipt !== null) await deps.outbox.keepReceipt(tx, itemId, receipt);
        const outcome = receipt?.verdict ?? input.kind;
        // A question without an answer says nothing new of the attempt.
        const end = outcome === "unknown" ? null : { outcome: outcome === "unsent" && to.item.state === "in-doubt" ? "in-doubt" : outcome, failure: input.failure ?? null };
        await moveItem(deps, tx, trace, row, to, end);
        if (receipt !== null) trace.note({ receipt: receipt.sha256 });
        if (end === null) trace.note({ answer: "unknown", failure: input.failure ?? "-" });
        return { itemId, state: to.item.state };
      },
    },
  );

function receiptOf(base64: string, row: OutboxRow, { attempt, atMs }: { readonly attempt: number; readonly atMs: number }): ReceiptRow {
  const bytes = Buffer.from(base64, "base64");
  const receipt = readReceipt(bytes);
  if (receipt === null) throw new SallyportError("input.invalid", { where: ["receipt: is none"] });
  return { attempt, verdict: verdictOf(receipt, row).kind, sha256: sha256Hex(bytes), body: bytes.toString("utf8"), atMs };
}

/** What is taken without a receipt. That nothing arrived is taken of a folder alone, of which the upload was taken back (ADR 0091); any other portal says so in a receipt. */
function saidWithout({ kind }: Settled, isFolder: boolean): Said {
  if (kind === "pending" || kind === "disagrees" || (kind === "not-received" && isFolder)) return { kind };
  throw new SallyportError("input.invalid", { where: ["kind: needs a receipt, or isn't an answer"] });
}

function answerOf(input: Settled, receipt: ReceiptRow | null, isFolder: boolean): Asked {
  if (receipt !== null) return { kind: receipt.verdict };
  return input.kind === "unknown" ? { kind: "unknown", failure: input.failure ?? "unsaid" } : saidWithout(input, isFolder);
}

function outcomeOf(input: Settled, receipt: ReceiptRow | null, isFolder: boolean): Outcome {
  if (receipt !== null) return { kind: receipt.verdict };
  if (input.kind === "sent") return { kind: "sent" };
  return input.kind === "unsent" || input.kind === "in-doubt" ? { kind: input.kind, failure: input.failure ?? "unsaid" } : saidWithout(input, isFolder);
}
