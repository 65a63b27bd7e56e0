import { setTimeout as sleep } from "node:timers/promises";
import { isSigningRecord, readSignatureManifest } from "@sallyport/signature";
import { type AuditRecord, chainOf } from "@sallyport/audit";
import type { SignatureRecord, StandingSignature } from "@sallyport/phi";
import type { Grant } from "@sallyport/policy";
import type { ApiDeps } from "../ports.ts";

/** What the trail says of a signature: when it was recorded; `other` where the record of its request is of something else; `none` where there is no record to be found. */
export type TrailWord = { readonly at: string } | "other" | "none";

/** A record is found some moments after it was appended; so long it is waited for, where a signature says that it is as fresh. */
const FRESH_MS = 10_000;
const WAIT_MS = 250;
const WAITS = 10;

/**
 * What the trail says of those signatures that are the server's word: nothing else holds them. A record found here was read and not proven; its proof goes into
 * the receipt, and a rewritten one is found where the trail is verified. Needs `document.read`, `submission.assemble` or `submission.submit`. Each look is a
 * transaction of its own: what waits for the search holds no connection that the search needs.
 */
export async function trailWords<Tx>(
  { signatures, read, now }: Pick<ApiDeps<Tx>, "signatures" | "read" | "now">,
  grant: Grant,
  rows: readonly StandingSignature[],
): Promise<ReadonlyMap<string, TrailWord>> {
  const words = new Map<string, TrailWord>();
  const look = async ({ id, manifest }: StandingSignature): Promise<TrailWord> => wordOf(await read((tx) => signatures.records(tx, grant, id)), manifest);
  for (const row of rows) {
    if (row.assertion !== null && row.note !== null) continue;
    let word = await look(row);
    for (let waited = 0; word === "none" && waited < WAITS && Math.abs(now() - row.atMs) < FRESH_MS; waited += 1) {
      await sleep(WAIT_MS);
      word = await look(row);
    }
    words.set(row.id, word);
  }
  return words;
}

/** What records of one request say of a manifest: those of its own chain alone. Of a whole study's document each site has one too, which may be found sooner, and be kept longer. */
function wordOf(records: readonly Pick<SignatureRecord, "chain" | "body">[], manifest: string): TrailWord {
  const said = readSignatureManifest(manifest);
  const chain = said === null ? "system" : chainOf(said);
  const there = records.filter((record) => record.chain === chain);
  if (there.length === 0) return "none";
  const own = there.map(({ body }) => recordIn(body)).find((record) => record !== null && isSigningRecord(record, manifest));
  return own === undefined || own === null ? "other" : { at: own.timestamp_utc };
}

function recordIn(body: string): AuditRecord | null {
  try {
    return JSON.parse(body) as AuditRecord;
  } catch {
    return null;
  }
}
