import { SallyportError } from "@sallyport/errors";
import type { Receipt, SealAnswer, SealBatch, SealedRecord, Sealer } from "./model.ts";
import { encodeRecord, isMac } from "./record-encoding.ts";

/**
 * Has runs of drafts sealed, each at its head, in one call, and makes the records to store. The custodian made the same
 * bytes from the same parts; it never sends them.
 *
 * @throws SallyportError `trail.unavailable` for whatever keeps the custodian from answering rightly within `deadlineMs`.
 */
export async function sealRuns(sealer: Sealer, deployment: string, batches: readonly SealBatch[], deadlineMs: number): Promise<readonly (readonly SealedRecord[])[]> {
  const answers = await within(deadlineMs, sealer.seal(batches, deadlineMs));
  if (answers.length !== batches.length) throw new SallyportError("trail.unavailable", { seal: "answers" });
  return batches.map((batch, index) => recordsOf(deployment, batch, answers[index]));
}

function recordsOf(deployment: string, { head, drafts }: SealBatch, answer: SealAnswer | undefined): readonly SealedRecord[] {
  if (answer === undefined || answer.macs.length !== drafts.length || !answer.macs.every(isMac)) {
    throw new SallyportError("trail.unavailable", { seal: "macs" });
  }
  const { chain, generation } = head;
  let prevMac = head.mac;
  return drafts.map((draft, index) => {
    const seq = head.seq + index + 1;
    const body = encodeRecord(draft, { deployment, generation, seq, timestampUtc: answer.timestampUtc, prevMac });
    const mac = answer.macs[index] ?? "";
    const record: SealedRecord = { chain, generation, seq, prevMac, mac, body };
    prevMac = mac;
    return record;
  });
}

/** A sealer that hangs would hold a chain's head for as long; its own deadline is not relied on. */
async function within<T>(deadlineMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new SallyportError("trail.unavailable", { seal: "deadline" })), deadlineMs);
  });
  try {
    return await Promise.race([work, late]);
  } catch (error) {
    if (error instanceof SallyportError && error.code === "trail.unavailable") throw error;
    throw new SallyportError("trail.unavailable", { seal: error instanceof SallyportError ? error.code : "failed" });
  } finally {
    clearTimeout(timer);
  }
}

/** What a caller learns of its record. */
export const receiptOf = ({ chain, generation, seq, mac }: SealedRecord): Receipt => ({ chain, generation, seq, mac });
