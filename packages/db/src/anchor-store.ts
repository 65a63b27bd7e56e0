import type { Database } from "./database.ts";

/** What holds a checkpoint outside of this deployment. */
export type AnchorKind = "witness" | "timestamp" | "folder";

/** A checkpoint of one chain's generation that somebody else has. */
export interface StoredAnchor {
  readonly chain: string;
  readonly generation: number;
  readonly size: number;
  readonly kind: AnchorKind;
  /** The witness's key name, the authority's host, or the folder's last name. */
  readonly name: string;
  /** A cosignature line; a TimeStampToken in base64; the file's name. */
  readonly evidence: string;
}

/** How far an anchor has a chain's open generation, and when that was stored. */
export interface AnchorStanding {
  readonly chain: string;
  readonly generation: number;
  readonly size: number;
  readonly atMs: number;
}

export interface AnchorStore {
  /** Keeps an anchor; the same one again stays as it is. */
  insert(anchor: StoredAnchor): Promise<void>;
  /** The anchors of one checkpoint. */
  of(chain: string, generation: number, size: number): Promise<readonly StoredAnchor[]>;
  /** The largest size, up to one, at which a witness cosigned a checkpoint; null where none did. */
  cosigned(chain: string, generation: number, upTo: number): Promise<number | null>;
  /** How far one anchor has each of these chains' open generations; a chain of which it has nothing is left out. */
  standing(chains: readonly string[], kind: AnchorKind, name: string): Promise<readonly AnchorStanding[]>;
}

/** Anchors in Postgres: append-only. */
export function anchorStore(database: Database): AnchorStore {
  return {
    async insert({ chain, generation, size, kind, name, evidence }) {
      await database.run`
        INSERT INTO audit.anchors (chain, generation, size, kind, name, evidence)
        VALUES (${chain}, ${generation}, ${size}, ${kind}, ${name}, ${evidence}) ON CONFLICT DO NOTHING`;
    },
    async of(chain, generation, size) {
      const rows = await database.run<{ kind: AnchorKind; name: string; evidence: string }>`
        SELECT kind, name, evidence FROM audit.anchors WHERE chain = ${chain} AND generation = ${generation} AND size = ${size} ORDER BY kind, name`;
      return rows.map((row) => ({ chain, generation, size, ...row }));
    },
    async cosigned(chain, generation, upTo) {
      const [row] = await database.run<{ size: string | null }>`
        SELECT max(size) AS size FROM audit.anchors WHERE chain = ${chain} AND generation = ${generation} AND size <= ${upTo} AND kind = 'witness'`;
      const size = row?.size ?? null;
      return size === null ? null : Number(size);
    },
    async standing(chains, kind, name) {
      const rows = await database.run<{ chain: string; generation: number; size: string; at_ms: string }>`
        SELECT h.chain, h.generation, a.size, floor(extract(epoch FROM a.stored_at) * 1000)::bigint AS at_ms
          FROM audit.heads h CROSS JOIN LATERAL (
            SELECT k.size, k.stored_at FROM audit.anchors k
             WHERE k.chain = h.chain AND k.generation = h.generation AND k.kind = ${kind} AND k.name = ${name} ORDER BY k.size DESC LIMIT 1) a
         WHERE h.chain = ANY (string_to_array(${chains.join("\n")}, E'\n')) ORDER BY h.chain`;
      return rows.map(({ chain, generation, size, at_ms }) => ({ chain, generation, size: Number(size), atMs: Number(at_ms) }));
    },
  };
}
