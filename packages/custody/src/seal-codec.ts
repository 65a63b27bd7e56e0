import type { RecordDraft, SealAnswer, SealBatch } from "@sallyport/audit";
import { SallyportError } from "@sallyport/errors";

/** A seal call as the custodian reads it. */
export interface SealCall {
  readonly deployment: string;
  readonly batches: readonly SealBatch[];
}

/** Records that one seal call may hold, over all its chains. */
export const SEAL_RECORDS_MAX = 4096;

// Tabs and newlines can't occur in printable ASCII, so the text needs no escapes and no lengths.
const LINE = /^(?:[\x20-\x7e]*\t){10}[\x20-\x7e]*$/;
const HEADER = /^([\x20-\x7e]+)\t([1-9][0-9]{0,9})\t(0|[1-9][0-9]{0,14})\t([0-9a-f]{64})\t([1-9][0-9]{0,3})$/;
const TIMESTAMP = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/;
const TIMESTAMP_CHARS = 24;
const MAC_CHARS = 64;
const invalid = (why: string): SallyportError => new SallyportError("verb.invalid", { why });

/**
 * The text of a seal call: a line with the deployment, then for each chain a line
 * `chain \t generation \t head seq \t head mac \t count` and `count` lines of a draft's eleven other members.
 *
 * @throws `trail.unrepresentable` where a value isn't printable ASCII; `verb.invalid` on more than {@link SEAL_RECORDS_MAX} records.
 */
export function encodeSealCall({ deployment, batches }: SealCall): string {
  const lines = [deployment];
  for (const { head, drafts } of batches) {
    const header = `${head.chain}\t${head.generation}\t${head.seq}\t${head.mac}\t${drafts.length}`;
    if (!HEADER.test(header)) throw invalid("header");
    lines.push(header);
    for (const d of drafts) {
      const line = `${d.principal}\t${d.role}\t${d.workload}\t${d.action}\t${d.resource}\t${d.site}\t${d.decision}\t${d.reason}\t${d.request_id}\t${d.policy}\t${d.detail}`;
      if (d.chain !== head.chain || !LINE.test(line)) throw new SallyportError("trail.unrepresentable", { chain: head.chain, action: d.action });
      lines.push(line);
    }
  }
  if (lines.length - 1 - batches.length > SEAL_RECORDS_MAX) throw invalid("too many records");
  return lines.join("\n");
}

/** Reads what {@link encodeSealCall} wrote. The values' own rules are the record encoder's. @throws `verb.invalid`. */
export function decodeSealCall(payload: Buffer): SealCall {
  const lines = payload.toString("latin1").split("\n");
  if (lines.length - 1 > 2 * SEAL_RECORDS_MAX) throw invalid("too many lines");
  const batches: SealBatch[] = [];
  let at = 1;
  while (at < lines.length) {
    const header = HEADER.exec(lines[at++] as string);
    if (header === null) throw invalid("header");
    const [, chain = "", generation, seq, mac = "", count] = header;
    const end = at + Number(count);
    if (end > lines.length) throw invalid("count");
    const drafts: RecordDraft[] = [];
    for (; at < end; at++) drafts.push(decodeDraft(chain, lines[at] as string));
    batches.push({ head: { chain, generation: Number(generation), seq: Number(seq), mac }, drafts });
  }
  return { deployment: lines[0] as string, batches };
}

function decodeDraft(chain: string, line: string): RecordDraft {
  const cells = line.split("\t");
  if (cells.length !== 11) throw invalid("cells");
  const [principal, role, workload, action, resource, site, decision, reason, request_id, policy, detail] = cells;
  // The record encoder refuses a decision that is none of the four, as it does every value that a record can't hold.
  return { chain, principal, role, workload, action, resource, site, decision, reason, request_id, policy, detail } as RecordDraft;
}

/** The text of a seal's answer: for each chain one line, the time and then the MACs without a gap. */
export const encodeSealAnswers = (answers: readonly SealAnswer[]): string => answers.map(({ timestampUtc, macs }) => timestampUtc + macs.join("")).join("\n");

/** Reads what {@link encodeSealAnswers} wrote; each chain must have as many MACs as it has drafts. @throws `verb.invalid`. */
export function decodeSealAnswers(payload: Buffer, counts: readonly number[]): readonly SealAnswer[] {
  const lines = payload.toString("latin1").split("\n");
  if (lines.length !== counts.length) throw invalid("answers");
  return lines.map((line, index) => {
    const timestampUtc = line.slice(0, TIMESTAMP_CHARS);
    const text = line.slice(TIMESTAMP_CHARS);
    if (!TIMESTAMP.test(timestampUtc) || text.length !== (counts[index] as number) * MAC_CHARS || !/^[0-9a-f]*$/.test(text)) throw invalid("answer");
    const macs: string[] = [];
    for (let at = 0; at < text.length; at += MAC_CHARS) macs.push(text.slice(at, at + MAC_CHARS));
    return { timestampUtc, macs };
  });
}
