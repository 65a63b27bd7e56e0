import type { KeyObject } from "node:crypto";
import { hmacHex, secretKey } from "@sallyport/crypto";
import { seededBytes } from "@sallyport/testkit";
import { encodeRecord, type Head, type RecordDraft, type SealedRecord, ZERO_MAC } from "../index.ts";

/** One generation of a log to be made. */
export interface LogPlan {
  readonly deployment: string;
  readonly chain: string;
  readonly generation: number;
  readonly size: number;
  readonly key: KeyObject;
  /** The same seed gives the same records. */
  readonly seed: string;
  /** Continues after these records of the same log. */
  readonly after?: readonly SealedRecord[];
  /** Drafts for the first places; the rest is made up. */
  readonly drafts?: readonly RecordDraft[];
}

export const auditKey = (seed: string): KeyObject => secretKey(seededBytes(`audit key ${seed}`)(32));

const START_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
const ACTIONS = ["subject.list", "phi.read", "packet.upload", "packet.release", "trail.export"];
/** Values that need escapes, and none. */
const DETAILS = ["", "-", "n=306", 'field="DM.SEX.1"', "a\\b", "{},[]:~ !", 'x","policy":"y', '\\","seq":7,"site":"'];

/** A draft that depends on `seq` and seed alone. */
export function draftOf(chain: string, seq: number, seed: string): RecordDraft {
  const bytes = seededBytes(`${seed} ${seq}`)(8);
  const pick = <T>(list: readonly T[], index: number): T => list[bytes.readUInt8(index) % list.length] as T;
  return {
    chain,
    principal: `svc_${bytes.toString("hex", 0, 3)}`,
    role: pick(["clinical_reviewer", "ingestion_service", "auditor"], 3),
    workload: "spiffe://dabcdefghijkl.sallyport/service/reviewer",
    action: pick(ACTIONS, 4),
    resource: `subject:ref_${bytes.toString("hex", 4, 8)}`,
    site: chain.startsWith("site:") ? chain.slice(5) : "-",
    decision: pick(["allow", "deny", "error", "note"] as const, 5),
    reason: pick(["rule.1", "no_rule", "other_site"], 6),
    request_id: `req_${bytes.toString("hex")}`,
    policy: "v1:0123456789abcdef",
    detail: pick(DETAILS, 7),
  };
}

/** Seals one record after another. */
export function sealLog(plan: LogPlan): SealedRecord[] {
  const { deployment, chain, generation, key, seed } = plan;
  const records = [...(plan.after ?? [])];
  let prevMac = records.at(-1)?.mac ?? ZERO_MAC;
  for (let seq = records.length + 1; seq <= plan.size; seq += 1) {
    const draft = plan.drafts?.[seq - 1] ?? draftOf(chain, seq, seed);
    const timestampUtc = new Date(START_MS + seq * 137).toISOString();
    const body = encodeRecord(draft, { deployment, generation, seq, timestampUtc, prevMac });
    const mac = hmacHex(key, body);
    records.push({ chain, generation, seq, prevMac, mac, body });
    prevMac = mac;
  }
  return records;
}

export const headOf = (records: readonly SealedRecord[]): Omit<Head, "chain"> => ({
  generation: records[0]?.generation ?? 1,
  seq: records.length,
  mac: records.at(-1)?.mac ?? ZERO_MAC,
});
