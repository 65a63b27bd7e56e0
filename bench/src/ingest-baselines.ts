import { type DataKey, newId, sealField, secretKey } from "@sallyport/crypto";
import type { KeyContext } from "@sallyport/custody";
import type { DataKeys } from "@sallyport/custody/keys";
import { cdiscSdtm, classify, encodeField, type FieldValue } from "@sallyport/phi";
import postgres from "postgres";
import type { IngestSample } from "./ingest-sample.ts";
import { MemoryKeys, memoryDataKeys } from "./memory-keys.ts";

const ROWS_AT_ONCE = 500;
const SITE = "701";

/** Keys that are made in one call, as the custodian makes them. */
const KEYS_AT_ONCE = 256;

/**
 * Seals every field of a sample's rows, each under its subject's key, and does nothing with it; rows a second. Where the subjects are
 * new, their keys are made and wrapped in the same time: a release can leave out neither.
 */
export async function sealedPerSecond({ domain, variables, rows }: IngestSample, study: string, areNew: boolean): Promise<number> {
  const subjectAt = variables.indexOf("USUBJID");
  const subjects = [...new Set(rows.map((row) => row[subjectAt]))].map((name) => ({ name, id: newId("sub") }));
  const classifications = variables.map((name) => classify(cdiscSdtm, domain, name).classification);
  const dataKeys = await memoryDataKeys(new MemoryKeys());
  const known = areNew ? null : await keysOf(dataKeys, subjects, study);
  const startMs = performance.now();
  const keys = known ?? (await keysOf(dataKeys, subjects, study));
  for (const [number, row] of rows.entries()) {
    const key = keys.get(row[subjectAt]);
    if (key === undefined) throw new Error("a row without a subject");
    for (const [at, name] of variables.entries()) {
      const place = { study, site: SITE, subject: key.subject, field: `${domain}.${name}.${number}`, version: 1 };
      sealField(key, place, encodeField(classifications[at] ?? "phi", row[at] ?? null));
    }
  }
  return (rows.length * 1000) / (performance.now() - startMs);
}

/** A data key for each subject, as the custodian makes it: with its share, committed to its context, and wrapped. */
async function keysOf(dataKeys: DataKeys, subjects: readonly { readonly name: FieldValue | undefined; readonly id: string }[], study: string) {
  const keys = new Map<FieldValue | undefined, DataKey & { readonly subject: string }>();
  for (let at = 0; at < subjects.length; at += KEYS_AT_ONCE) {
    const some = subjects.slice(at, at + KEYS_AT_ONCE);
    const made = await dataKeys.wrap(some.map(({ id }): KeyContext => ({ purpose: "subject", id, study, site: SITE })));
    for (const [n, { name, id }] of some.entries()) {
      const answer = made[n];
      if (answer === undefined || "code" in answer) throw new Error("a key was not made");
      keys.set(name, { id: `${id}-1`, key: secretKey(Buffer.from(answer.key, "base64url")), subject: id });
    }
  }
  return keys;
}

/** Inserts a sample's rows as they are, 500 in a statement and all in one transaction, into a table of their own; rows a second. */
export async function insertedPerSecond(ownerUrl: string, { domain, variables, rows }: IngestSample): Promise<number> {
  const sql = postgres(ownerUrl, { max: 1, onnotice: () => undefined });
  try {
    const table = `bench.plain_${domain.toLowerCase()}`;
    const names = variables.map((name) => name.toLowerCase());
    await sql.unsafe(
      `CREATE SCHEMA IF NOT EXISTS bench; DROP TABLE IF EXISTS ${table}; CREATE TABLE ${table} (n integer PRIMARY KEY, ${names.map((name) => `${name} text`).join(", ")})`,
    );
    const records = rows.map((row, n) => Object.fromEntries([["n", n], ...names.map((name, at) => [name, String(row[at] ?? "")] as const)]));
    const startMs = performance.now();
    await sql.begin(async (tx) => {
      for (let at = 0; at < records.length; at += ROWS_AT_ONCE) await tx`INSERT INTO ${tx(table)} ${tx(records.slice(at, at + ROWS_AT_ONCE))}`;
    });
    return (rows.length * 1000) / (performance.now() - startMs);
  } finally {
    await sql.end({ timeout: 2 });
  }
}
