import { randomBytes } from "node:crypto";
import { type DataKey, newId, sealField, secretKey } from "@sallyport/crypto";
import { cdiscSdtm, classify, encodeField } from "@sallyport/phi";
import postgres from "postgres";
import type { IngestSample } from "./ingest-sample.ts";

const ROWS_AT_ONCE = 500;

/** Seals every field of a sample's rows, each under its subject's key, and does nothing with it; rows a second. */
export function sealedPerSecond({ domain, variables, rows }: IngestSample, study: string): number {
  const keys = new Map<unknown, DataKey & { readonly subject: string }>();
  const subjectAt = variables.indexOf("USUBJID");
  for (const row of rows) if (!keys.has(row[subjectAt])) keys.set(row[subjectAt], { id: `sub-${keys.size}`, key: secretKey(randomBytes(32)), subject: newId("sub") });
  const classifications = variables.map((name) => classify(cdiscSdtm, domain, name).classification);
  const startMs = performance.now();
  for (const [number, row] of rows.entries()) {
    const key = keys.get(row[subjectAt]);
    if (key === undefined) throw new Error("a row without a subject");
    for (const [at, name] of variables.entries()) {
      const place = { study, site: "701", subject: key.subject, field: `${domain}.${name}.${number}`, version: 1 };
      sealField(key, place, encodeField(classifications[at] ?? "phi", row[at] ?? null));
    }
  }
  return (rows.length * 1000) / (performance.now() - startMs);
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
