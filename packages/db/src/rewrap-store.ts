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

/** A job that is over, with what isn't on the trail of it. */
export interface RewrapEnd extends RewrapJob {
  readonly moved: number;
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
  /** Whether a job is over, by this one that goes on or null, that isn't on the trail as far as it came. */
  isUntold(current: RewrapJob | null, node: string): Promise<boolean>;
  /** Takes these in the transaction that puts them there. */
  tell(tx: Tx, current: RewrapJob | null, node: string): Promise<readonly RewrapEnd[]>;
  /** How many stored fields are sealed with data keys under each key-encryption key. */
  fields(): Promise<ReadonlyMap<string, number>>;
  /** Every job there was, the newest first. */
  progress(): Promise<readonly RewrapProgress[]>;
}

/** Has the transaction stand at the action that these functions ask for. */
export const asRotation = (tx: Tx): Promise<unknown> => tx`SELECT set_config('sallyport.action', 'keys.rotate', true)`;

export function rewrapStore(database: Database): RewrapStore {
  const asJob = <T>(work: (tx: Tx) => Promise<T>): Promise<T> =>
    database.transaction(async (tx) => {
      await asRotation(tx);
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
    async isUntold(current, node) {
      const [row] = await database.run<{ untold: boolean }>`SELECT phi.has_untold_rewraps(${current?.from ?? null}, ${current?.to ?? null}, ${node}) AS untold`;
      return row?.untold === true;
    },
    async tell(tx, current, node) {
      await asRotation(tx);
      const rows = await tx<{ from_kek: string; to_kek: string; moved: string; stuck: string }>`
        SELECT from_kek, to_kek, moved, stuck FROM phi.tell_rewraps(${current?.from ?? null}, ${current?.to ?? null}, ${node})`;
      return rows.map((row) => ({ from: row.from_kek, to: row.to_kek, moved: Number(row.moved), stuck: Number(row.stuck) }));
    },
    async fields() {
      const rows = await database.run<{ kek: string; fields: string }>`SELECT kek, fields FROM phi.fields_under()`;
      return new Map(rows.map(({ kek, fields }) => [kek, Number(fields)]));
    },
    async progress() {
      const rows = await database.run<{ from_kek: string; to_kek: string; began_ms: string; moved: string; stuck: string }>`
        SELECT from_kek, to_kek, floor(extract(epoch FROM began_at) * 1000)::bigint AS began_ms, moved, stuck FROM phi.rewraps ORDER BY began_at DESC LIMIT 100`;
      return rows.map((row) => ({ from: row.from_kek, to: row.to_kek, beganAtMs: Number(row.began_ms), moved: Number(row.moved), stuck: Number(row.stuck) }));
    },
  };
}
