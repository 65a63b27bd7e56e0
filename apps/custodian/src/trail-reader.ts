import { type CheckpointStore, checkpointStore, connectDatabase, type TrailReader as Records, trailReader } from "@sallyport/db";

/** Port: what the custodian sees of the database by its own read-only role. Committed rows only. */
export interface TrailReader extends Pick<Records, "heads" | "closings" | "records" | "subjectExists" | "deployment" | "wraps"> {
  /** The stored checkpoints of a generation, by size. They prove themselves. */
  checkpoints: CheckpointStore["list"];
  close(): Promise<void>;
}

/** Adapter: Postgres. Connects at the first call, and again after a loss. */
export function openTrail(url: string, applicationName: string): TrailReader {
  const database = connectDatabase({ url, max: 4, applicationName });
  const checkpoints = checkpointStore(database);
  return { ...trailReader(database), checkpoints: (chain, generation) => checkpoints.list(chain, generation), close: () => database.close() };
}
