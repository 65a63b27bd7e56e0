import { isChain } from "@sallyport/audit";
import { SallyportError } from "@sallyport/errors";
import type { Grant } from "@sallyport/policy";
import { copyRows, fitsCopy } from "./copy-rows.ts";
import type { Database } from "./database.ts";
import { copyContext } from "./site-context.ts";

/** Where a run of 1024 leaves stands, counted from 0. */
export interface RunAt {
  readonly chain: string;
  readonly generation: number;
  readonly run: number;
}

/** The signatures of a run's leaves, 64 bytes each, as they are kept. It vouches for nothing by itself: `signature` does, by the key of `vkey`. */
export interface KeptRun {
  readonly run: number;
  readonly signatures: Buffer;
  readonly vkey: string;
  readonly signature: Buffer;
}

/** Signatures of leaves that were made before. */
export interface LeafStore {
  /** Runs `first` to `last` of a generation, as far as they are kept; none where the grant does not reach the chain. */
  runs(grant: Grant, of: { readonly chain: string; readonly generation: number; readonly first: number; readonly last: number }): Promise<readonly KeptRun[]>;
  /** Keeps a run; false where it is kept already, or its records were archived. */
  keep(at: RunAt, kept: Omit<KeptRun, "run">): Promise<boolean>;
  /**
   * Of generations that are checkpointed beyond where the caller knows them to be kept, and not archived, the first run that isn't kept; where all are, the
   * one that comes next, and `isKept`.
   */
  due(kept: readonly RunAt[], limit: number): Promise<readonly (RunAt & { readonly isKept: boolean })[]>;
  /** How far all chains have come together, to tell whether records come in. */
  appended(): Promise<number>;
  /** Takes the work of keeping them for ten seconds; false while another node has it. */
  take(node: string): Promise<boolean>;
}

/** Kept signatures in Postgres: append-only, and gone with the records that they are of. */
export function leafStore(database: Database): LeafStore {
  return {
    async runs(grant, { chain, generation, first, last }) {
      grant.assert("trail.export");
      if (!isChain(chain) || !fitsCopy([chain], [generation, first, last])) throw new SallyportError("input.invalid", { where: ["chain: not one"] });
      const page = `SELECT run, signatures, vkey, signature FROM audit.leaf_runs WHERE chain = '${chain}' AND generation = ${generation} AND run BETWEEN ${first} AND ${last} ORDER BY run`;
      const runs: KeptRun[] = [];
      for await (const rows of database.stream(`COPY (${page}) TO STDOUT (FORMAT binary)`, copyRows, copyContext(grant))) {
        for (const [run, signatures, vkey, signature] of rows) {
          if (run === undefined || signatures === undefined || vkey === undefined || signature === undefined) throw new SallyportError("service.unavailable", { copy: "columns" });
          runs.push({ run: Number(run.readBigInt64BE()), signatures, vkey: vkey.toString("latin1"), signature });
        }
      }
      return runs;
    },
    async keep({ chain, generation, run }, { signatures, vkey, signature }) {
      const [row] = await database.run<{ kept: boolean }>`SELECT audit.keep_leaf_run(${chain}, ${generation}, ${run}, ${signatures}, ${vkey}, ${signature}) AS kept`;
      return row?.kept === true;
    },
    async due(kept, limit) {
      const known = kept.map(({ chain, generation, run }) => `${chain}\t${generation}\t${run}`).join("\n");
      const rows = await database.run<{ chain: string; generation: number; run: string; is_kept: boolean }>`
        SELECT chain, generation, run, is_kept FROM audit.leaf_runs_due(${known}, ${limit})`;
      return rows.map(({ chain, generation, run, is_kept: isKept }) => ({ chain, generation, run: Number(run), isKept }));
    },
    async appended() {
      const [row] = await database.run<{ appended: string }>`SELECT coalesce(sum(seq), 0)::bigint AS appended FROM audit.heads`;
      return Number(row?.appended ?? 0);
    },
    async take(node) {
      const [row] = await database.run<{ taken: boolean }>`SELECT audit.take_leaves(${node}) AS taken`;
      return row?.taken === true;
    },
  };
}
