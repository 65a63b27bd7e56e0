import { type Archival, type Head, isChain, type SealedRecord } from "@sallyport/audit";
import { SallyportError } from "@sallyport/errors";
import { copyBytes, copyRows, fitsCopy } from "./copy-rows.ts";
import type { Database } from "./database.ts";

/** What the custodian reads with its own role: what is committed, and nothing of a person. */
export interface TrailReader {
  /** Every chain's head as committed, in name order with `system` last. */
  heads(): Promise<readonly Head[]>;
  /** Where each closed generation ended when it was closed. */
  closings(): Promise<readonly Head[]>;
  /**
   * Records of one generation in order of their stored seq, from `fromSeq` up to and including `toSeq`, in batches as they
   * arrive. What is missing is left out: finding that out is the verifier's work.
   */
  records(chain: string, generation: number, fromSeq: number, toSeq: number): AsyncIterable<readonly SealedRecord[]>;
  /** The bytes of the same rows, of seq, prev_mac, mac and body, as `COPY … (FORMAT binary)` sends them. */
  rowBytes(chain: string, generation: number, fromSeq: number, toSeq: number): AsyncIterable<Buffer>;
  /** The generations whose records were archived and removed. */
  archivals(): Promise<readonly Archival[]>;
  /** Whether this subject exists. */
  subjectExists(id: string): Promise<boolean>;
  /** How many data keys are committed under each key-encryption key, by its id. */
  wraps(): Promise<ReadonlyMap<string, number>>;
  /** Whether this database is that deployment's. */
  deployment(): Promise<string | null>;
}

/** The trail in Postgres, as the custodian sees it. Give it a database that was opened with the custodian's URL. */
export function trailReader(database: Database): TrailReader {
  return {
    async heads() {
      const rows = await database.run<{ chain: string; generation: number; seq: string; mac: Buffer }>`
        SELECT chain, generation, seq, mac FROM audit.heads ORDER BY chain = 'system', chain COLLATE "C"`;
      return rows.map((row) => ({ chain: row.chain, generation: row.generation, seq: Number(row.seq), mac: row.mac.toString("hex") }));
    },
    async closings() {
      const rows = await database.run<{ chain: string; generation: number; seq: string; mac: Buffer }>`
        SELECT chain, generation - 1 AS generation, previous_seq AS seq, previous_mac AS mac FROM audit.generations WHERE generation > 1 ORDER BY chain, generation`;
      return rows.map((row) => ({ chain: row.chain, generation: row.generation, seq: Number(row.seq), mac: row.mac.toString("hex") }));
    },
    async archivals() {
      const rows = await database.run<{ chain: string; generation: number; size: string; mac: Buffer; manifest: Buffer }>`
        SELECT chain, generation, size, mac, manifest FROM audit.archivals WHERE removed_at IS NOT NULL`;
      return rows.map((row) => ({ chain: row.chain, generation: row.generation, size: Number(row.size), mac: row.mac.toString("hex"), manifest: row.manifest.toString("hex") }));
    },
    records: (chain, generation, fromSeq, toSeq) => readRecords(database, chain, generation, fromSeq, toSeq),
    rowBytes: (...range) => database.stream(copyOf(...range), copyBytes),
    async subjectExists(id) {
      const rows = await database.run`SELECT id FROM phi.subjects WHERE id = ${id}`;
      return rows.length === 1;
    },
    async wraps() {
      const rows = await database.run<{ kek: string; keys: string }>`SELECT kek, keys FROM phi.wraps()`;
      return new Map(rows.map(({ kek, keys }) => [kek, Number(keys)]));
    },
    async deployment() {
      const [row] = await database.run<{ id: string }>`SELECT id FROM boundary.deployment`;
      return row?.id ?? null;
    },
  };
}

function copyOf(chain: string, generation: number, fromSeq: number, toSeq: number): string {
  if (!isChain(chain) || !fitsCopy([chain], [generation, fromSeq, toSeq])) {
    throw new SallyportError("verb.invalid", { member: "chain" });
  }
  return `COPY (SELECT seq, prev_mac, mac, body FROM audit.records
    WHERE chain = '${chain}' AND generation = ${generation} AND seq BETWEEN ${fromSeq} AND ${toSeq} ORDER BY seq) TO STDOUT (FORMAT binary)`;
}

async function* readRecords(database: Database, chain: string, generation: number, fromSeq: number, toSeq: number): AsyncGenerator<readonly SealedRecord[]> {
  yield* database.stream(copyOf(chain, generation, fromSeq, toSeq), async function* (stream) {
    for await (const rows of copyRows(stream)) {
      yield rows.map(([seq, prevMac, mac, body]) => ({
        chain,
        generation,
        seq: Number(seq?.readBigInt64BE() ?? 0n),
        prevMac: prevMac?.toString("hex") ?? "",
        mac: mac?.toString("hex") ?? "",
        // latin1: one character a byte, so a byte outside ASCII stays visible to the verifier.
        body: body?.toString("latin1") ?? "",
      }));
    }
  });
}
