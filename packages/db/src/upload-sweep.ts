import type { Database, Tx } from "./database.ts";

/** What sweeps uploads that nobody completed within a day. It takes no grant, and can do nothing else. */
export interface UploadSweep {
  /** Gives one up, the oldest; null where there is none. */
  abandonDue(tx: Tx): Promise<{ readonly id: string; readonly ingestedBy: string } | null>;
  /** Removes up to `limit` chunks of abandoned packets; answers how many. */
  dropAbandoned(limit: number): Promise<number>;
}

/** Sweeps by functions of the database's own, which go by its own clock and touch nothing else. */
export function uploadSweep(database: Database): UploadSweep {
  return {
    async abandonDue(tx) {
      const [row] = await tx<{ id: string; ingested_by: string }>`SELECT id, ingested_by FROM ingress.abandon_due()`;
      return row === undefined ? null : { id: row.id, ingestedBy: row.ingested_by };
    },
    async dropAbandoned(limit) {
      const [row] = await database.run<{ dropped: number }>`SELECT ingress.drop_abandoned(${limit}) AS dropped`;
      return row?.dropped ?? 0;
    },
  };
}
