import { randomBytes } from "node:crypto";
import { encodeRecord, ZERO_MAC } from "@sallyport/audit";
import { hmacHex, secretKey } from "@sallyport/crypto";
import postgres from "postgres";
import { sampleDraft } from "./sample-record.ts";

/** The server has no more than 200, and others use it too. Where callers wait for a connection, that is less work for the database, not more. */
const CONNECTIONS_MAX = 128;

/** What a trail costs without group commit: the same rows, by postgres.js, as many connections as callers, to a bound. */
export interface AppendBaselines {
  /** A row without a chain, committed alone. */
  readonly single: () => Promise<void>;
  /** A transaction that locks the head, seals in this process, inserts and moves the head. */
  readonly locked: () => Promise<void>;
  close(): Promise<void>;
}

const DEPLOYMENT = "dabcdefghjkmn";

/** Makes the baselines' own tables anew. Nothing but a primary key stands on them, so they have less to do than the product's. */
export async function appendBaselines(ownerUrl: string, callers: number): Promise<AppendBaselines> {
  const sql = postgres(ownerUrl, { max: Math.min(callers, CONNECTIONS_MAX), onnotice: () => undefined });
  const zero = Buffer.from(ZERO_MAC, "hex");
  await sql.unsafe(`
    CREATE SCHEMA IF NOT EXISTS bench;
    DROP TABLE IF EXISTS bench.unchained, bench.chained, bench.heads;
    CREATE TABLE bench.unchained (chain text, generation integer, seq bigint, prev_mac bytea, mac bytea, body text, PRIMARY KEY (chain, generation, seq));
    CREATE TABLE bench.chained (LIKE bench.unchained INCLUDING ALL);
    CREATE TABLE bench.heads (chain text PRIMARY KEY, seq bigint NOT NULL, mac bytea NOT NULL) WITH (fillfactor = 50);
    INSERT INTO bench.heads VALUES ('system', 0, '\\x${ZERO_MAC}')`);
  const key = secretKey(randomBytes(32));
  const timestampUtc = new Date().toISOString();
  let unchained = 0;
  return {
    async single() {
      unchained += 1;
      const seq = unchained;
      const body = encodeRecord(sampleDraft(), { deployment: DEPLOYMENT, generation: 1, seq, timestampUtc, prevMac: ZERO_MAC });
      await sql`INSERT INTO bench.unchained (chain, generation, seq, prev_mac, mac, body) VALUES ('system', 1, ${seq}, ${zero}, ${zero}, ${body})`;
    },
    async locked() {
      await sql.begin(async (tx) => {
        const [head] = await tx<{ seq: string; mac: Buffer }[]>`SELECT seq, mac FROM bench.heads WHERE chain = 'system' FOR UPDATE`;
        if (head === undefined) throw new Error("the baseline has no head");
        const seq = Number(head.seq) + 1;
        const body = encodeRecord(sampleDraft(), { deployment: DEPLOYMENT, generation: 1, seq, timestampUtc, prevMac: head.mac.toString("hex") });
        const mac = Buffer.from(hmacHex(key, body), "hex");
        await tx`INSERT INTO bench.chained (chain, generation, seq, prev_mac, mac, body) VALUES ('system', 1, ${seq}, ${head.mac}, ${mac}, ${body})`;
        await tx`UPDATE bench.heads SET seq = ${seq}, mac = ${mac} WHERE chain = 'system'`;
      });
    },
    close: () => sql.end({ timeout: 2 }),
  };
}
