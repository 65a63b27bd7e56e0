import { parseBody } from "@sallyport/audit";
import type { EmergencyRead } from "@sallyport/contracts";
import { canonicalJson, sha256Hex } from "@sallyport/crypto";
import type { EmergencyReadRow, EmergencyRow, Grant } from "@sallyport/policy";
import type { z } from "zod";
import { detailOf } from "../crossings/trace-of.ts";
import type { ApiDeps } from "../ports.ts";

/** More than a person reads in four hours. */
const READS_MAX = 1000;

interface EmergencyReads {
  readonly reads: z.input<typeof EmergencyRead>[];
  readonly isMore: boolean;
  /** Over the emergency's id and the MAC of each record. */
  readonly seen: string;
}

/** What is on record under an emergency, and the digest by which a reviewer says that they were shown exactly this. */
export async function emergencyReads<Tx>(deps: Pick<ApiDeps<Tx>, "emergencies">, grant: Grant, row: EmergencyRow): Promise<EmergencyReads> {
  const found = await deps.emergencies.reads(grant, row, READS_MAX + 1);
  const shown = found.slice(0, READS_MAX);
  return { reads: shown.map(readOf), isMore: found.length > READS_MAX, seen: sha256Hex(canonicalJson(["sallyport/emergency-reads/v1", row.id, ...found.map(({ mac }) => mac)])) };
}

function readOf({ chain, generation, seq, body }: EmergencyReadRow): z.input<typeof EmergencyRead> {
  const record = parseBody(body);
  const { domain, history, field, record: of } = detailOf(record.detail);
  const what = field !== undefined ? `${field}, record ${of ?? "1"}` : history !== undefined ? `history of ${history}` : (domain ?? record.resource);
  return { at: record.timestamp_utc, chain, generation, seq, action: record.action, decision: record.decision, what, requestId: record.request_id };
}
