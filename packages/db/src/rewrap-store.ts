import type { Database, Tx } from "./database.ts";

/** A wrapped key where it stands, with what it was wrapped for. */
export interface StandingKey {
  /** Where it stands; also its place in the order of all. */
  readonly place: string;
  readonly context: { readonly purpose: "subject" | "packet" | "reference"; readonly id: string; readonly study: string; readonly site: string };
  readonly wrapped: string;
}

/** A job that wraps what is under one key-encryption key anew under another. */
export interface RewrapJob {
  readonly from: string;
  readonly to: string;
}
export interface RewrapProgress extends RewrapJob {
  readonly beganAtMs: number;
  readonly moved: number;
  /** Those that didn't open, the last time through. */
  readonly stuck: number;
}

/** What wraps data keys anew. It takes no grant, and its functions change a wrapping and nothing else. */
export interface RewrapStore {
  /** Takes the job for half a minute, or keeps it; false while another node has it. */
  take(job: RewrapJob, node: string): Promise<boolean>;
  /** The next keys under `from` behind this place in their order; none where there are no more. */
  next(from: string, after: string, limit: number): Promise<readonly StandingKey[]>;
  /** Puts new wrappings where the old ones still stand; answers how many. */
  replace(job: RewrapJob, keys: readonly { readonly place: string; readonly was: string; readonly now: string }[]): Promise<number>;
  /** Lets go of the job, and says how many didn't open. */
  end(job: RewrapJob, node: string, stuck: number): Promise<void>;
  /** Every job there was, the newest first. */
  progress(): Promise<readonly RewrapProgress[]>;
}

export function rewrapStore(database: Database): RewrapStore {
  const asJob = <T>(work: (tx: Tx) => Promise<T>): Promise<T> =>
    database.transaction(async (tx) => {
      await tx`SELECT set_config('sallyport.action', 'keys.rotate', true)`;
      return work(tx);
    });
  return {
    take: ({ from, to }, node) =>
      asJob(async (tx) => {
        const [row] = await tx<{ taken: boolean }>`SELECT phi.take_rewrap(${from}, ${to}, ${node}) AS taken`;
        return row?.taken === true;
      }),
    next: (from, after, limit) =>
      asJob(async (tx) => {
        const rows = await tx<{ place: string; purpose: StandingKey["context"]["purpose"]; id: string; study: string; site: string; wrapped: string }>`
          SELECT place, purpose, id, study, site, wrapped FROM phi.wrapped_under(${from}, ${after}, ${limit})`;
        return rows.map(({ place, wrapped, ...context }) => ({ place, context, wrapped }));
      }),
    replace: ({ from, to }, keys) =>
      asJob(async (tx) => {
        const [row] = await tx<{ moved: string }>`SELECT phi.rewrap(${from}, ${to}, ${JSON.stringify(keys)}::text) AS moved`;
        return Number(row?.moved ?? 0);
      }),
    end: ({ from, to }, node, stuck) =>
      asJob(async (tx) => {
        await tx`SELECT phi.end_rewrap(${from}, ${to}, ${node}, ${stuck})`;
      }),
    async progress() {
      const rows = await database.run<{ from_kek: string; to_kek: string; began_ms: string; moved: string; stuck: string }>`
        SELECT from_kek, to_kek, floor(extract(epoch FROM began_at) * 1000)::bigint AS began_ms, moved, stuck FROM phi.rewraps ORDER BY began_at DESC LIMIT 100`;
      return rows.map((row) => ({ from: row.from_kek, to: row.to_kek, beganAtMs: Number(row.began_ms), moved: Number(row.moved), stuck: Number(row.stuck) }));
    },
  };
}
