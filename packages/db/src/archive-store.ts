import type { ArchiveBundle, ArchiveStore, StoredArchival } from "@sallyport/policy";
import type { Database, Tx } from "./database.ts";

/** What of an archival the database is told: as the custodian remembers it. */
interface ToRemove {
  readonly chain: string;
  readonly generation: number;
  readonly size: number;
  /** Hex, as `manifest` is. */
  readonly mac: string;
  readonly manifest: string;
  /** ISO times, or `-`. */
  readonly from: string;
  readonly to: string;
  readonly note: string;
}

const msOf = (time: string): number | null => (time === "-" ? null : Date.parse(time));

/**
 * Puts down an archival and removes its generation's records, in one transaction; what was done already is left as it is. For the custodian's role alone.
 */
export function archivalRemover(database: Database): (archived: ToRemove) => Promise<void> {
  return ({ chain, generation, size, mac, manifest, from, to, note }) =>
    database.transaction(async (tx) => {
      await tx`
        INSERT INTO audit.archivals (chain, generation, size, mac, manifest, note, from_ms, until_ms)
        VALUES (${chain}, ${generation}, ${size}, ${Buffer.from(mac, "hex")}, ${Buffer.from(manifest, "hex")}, ${note}, ${msOf(from)}, ${msOf(to)}) ON CONFLICT DO NOTHING`;
      await tx`SELECT audit.remove_archived(${chain}, ${generation})`;
    });
}

interface BundleRow {
  readonly chain: string;
  readonly generation: number;
  readonly digest: Buffer;
  readonly principal: string;
  readonly verified_at_ms: string;
}
interface ArchivalRow {
  readonly chain: string;
  readonly generation: number;
  readonly size: string;
  readonly manifest: Buffer;
  readonly from_ms: string | null;
  readonly until_ms: string | null;
  readonly removed_at_ms: string | null;
}

const numberOr = (text: string | null): number | null => (text === null ? null : Number(text));

/** Archives in Postgres: bundles that were verified, and what was archived. */
export function archiveStore(database: Database): ArchiveStore<Tx> {
  return {
    async keep(tx, { chain, generation, digest, manifest, statement, principal, atMs }) {
      await tx`
        INSERT INTO audit.archive_bundles (chain, generation, digest, manifest, statement, principal, verified_at)
        VALUES (${chain}, ${generation}, ${Buffer.from(digest, "hex")}, ${manifest}, ${statement}, ${principal}, to_timestamp(${atMs}::double precision / 1000)) ON CONFLICT DO NOTHING`;
    },
    async manifest(chain, generation, digest) {
      const [row] = await database.run<{ manifest: string }>`
        SELECT manifest FROM audit.archive_bundles WHERE chain = ${chain} AND generation = ${generation} AND digest = ${Buffer.from(digest, "hex")}`;
      return row?.manifest ?? null;
    },
    async bundles(chains) {
      const rows = await database.run<BundleRow>`
        SELECT chain, generation, digest, principal, floor(extract(epoch FROM verified_at) * 1000)::bigint AS verified_at_ms FROM audit.archive_bundles
         WHERE chain = ANY (string_to_array(${chains.join("\n")}, E'\n')) ORDER BY verified_at`;
      return rows.map(
        ({ chain, generation, digest, principal, verified_at_ms }): ArchiveBundle => ({
          chain,
          generation,
          digest: digest.toString("hex"),
          principal,
          atMs: Number(verified_at_ms),
        }),
      );
    },
    async archivals(chains) {
      const rows = await database.run<ArchivalRow>`
        SELECT chain, generation, size, manifest, from_ms, until_ms, floor(extract(epoch FROM removed_at) * 1000)::bigint AS removed_at_ms FROM audit.archivals
         WHERE chain = ANY (string_to_array(${chains.join("\n")}, E'\n')) ORDER BY chain, generation`;
      return rows.map(
        ({ chain, generation, size, manifest, from_ms, until_ms, removed_at_ms }): StoredArchival => ({
          chain,
          generation,
          size: Number(size),
          manifest: manifest.toString("hex"),
          fromMs: numberOr(from_ms),
          untilMs: numberOr(until_ms),
          removedAtMs: numberOr(removed_at_ms),
        }),
      );
    },
  };
}
