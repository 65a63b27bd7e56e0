import { isChain, type SealedRecord } from "@sallyport/audit";
import { SallyportError } from "@sallyport/errors";
import type { Grant, SiteKey } from "@sallyport/policy";
import { copyLines, type RecordLines } from "./copy-lines.ts";
import { fitsCopy } from "./copy-rows.ts";
import type { Database } from "./database.ts";
import { copyContext, grantedSites } from "./site-context.ts";

/** A generation of a chain and how far it goes. */
export interface GenerationRow {
  readonly generation: number;
  /** The last record's seq; 0 where there is none yet. */
  readonly size: number;
  /** The last record's MAC, or 64 zeros. */
  readonly mac: string;
  readonly openedAtMs: number;
}

/** Reading the trail for an export or a page of it. */
export interface RecordStore {
  /** Records of one generation from a seq on, in order; none where the grant does not reach the chain. Needs a `trail` act. */
  records(grant: Grant, from: { readonly chain: string; readonly generation: number; readonly fromSeq: number; readonly limit: number }): Promise<readonly SealedRecord[]>;
  /** Exported lines of one generation, `fromSeq` to `toSeq`, as they arrive; what is missing is left out. None where the grant does not reach the chain. */
  lines(grant: Grant, of: { readonly chain: string; readonly generation: number; readonly fromSeq: number; readonly toSeq: number }): AsyncIterable<RecordLines>;
  /** A chain's generations, the first one first. */
  generations(chain: string): Promise<readonly GenerationRow[]>;
  /** The names of the opened chains of these sites, or of all with `system`, in name order with `system` last. */
  chains(of: readonly SiteKey[] | "all"): Promise<readonly string[]>;
}

interface PageRow {
  readonly seq: string;
  readonly prev_mac: Buffer;
  readonly mac: Buffer;
  readonly body: string;
}

const LIMIT_MAX = 10_000;

/** The trail's records in Postgres, to read. */
export function recordStore(database: Database): RecordStore {
  return {
    async records(grant, { chain, generation, fromSeq, limit }) {
      grant.assert("trail.read", "trail.verify", "trail.export");
      if (limit < 1 || limit > LIMIT_MAX) throw new RangeError(`limit is 1 to ${LIMIT_MAX}`);
      const rows = await database.run<PageRow>`
        SELECT seq, prev_mac, mac, body
          FROM audit.page(${grantedSites(grant)}, ${grant.action}, ${chain}, ${generation}, ${fromSeq}, ${limit})`;
      return rows.map((row) => ({ chain, generation, seq: Number(row.seq), prevMac: row.prev_mac.toString("hex"), mac: row.mac.toString("hex"), body: row.body }));
    },

    lines(grant, { chain, generation, fromSeq, toSeq }) {
      grant.assert("trail.export");
      const limit = toSeq - fromSeq + 1;
      if (limit < 1 || limit > LIMIT_MAX) throw new RangeError(`a read is of 1 to ${LIMIT_MAX} records`);
      if (!isChain(chain) || !fitsCopy([chain], [generation, fromSeq, toSeq])) throw new SallyportError("input.invalid", { where: ["chain: not one"] });
      // Under row security, as the function that reads a page of records; not through it, since it would read all of them before it hands out the first.
      const rows = `SELECT mac, body FROM audit.records WHERE chain = '${chain}' AND generation = ${generation} AND seq BETWEEN ${fromSeq} AND ${toSeq} ORDER BY seq`;
      return database.stream(`COPY (${rows}) TO STDOUT (FORMAT binary)`, copyLines, copyContext(grant));
    },

    async generations(chain) {
      // The open generation ends at the head, an earlier one where the next was opened.
      const rows = await database.run<{ generation: number; size: string | null; mac: Buffer | null; opened_at_ms: string }>`
        SELECT g.generation, coalesce(n.previous_seq, h.seq) AS size, coalesce(n.previous_mac, h.mac) AS mac,
               floor(extract(epoch FROM g.opened_at) * 1000)::bigint AS opened_at_ms
          FROM audit.generations g
          LEFT JOIN audit.generations n ON n.chain = g.chain AND n.generation = g.generation + 1
          LEFT JOIN audit.heads h ON h.chain = g.chain AND h.generation = g.generation
         WHERE g.chain = ${chain} ORDER BY g.generation`;
      return rows.map((row) => ({
        generation: row.generation,
        size: Number(row.size ?? 0),
        mac: (row.mac ?? Buffer.alloc(32)).toString("hex"),
        openedAtMs: Number(row.opened_at_ms),
      }));
    },

    async chains(of) {
      const wanted = of === "all" ? null : of.map((key) => `site:${key}`).join("\n");
      const rows = await database.run<{ chain: string }>`
        SELECT chain FROM audit.heads WHERE ${wanted}::text IS NULL OR chain = ANY (string_to_array(${wanted}, E'\n'))
         ORDER BY chain = 'system', chain COLLATE "C"`;
      return rows.map(({ chain }) => chain);
    },
  };
}
