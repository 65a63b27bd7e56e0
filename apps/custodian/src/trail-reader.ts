import type { RemoveArchived } from "@sallyport/custody/incidents";
import {
  archivalRemover,
  type CheckpointStore,
  checkpointStore,
  connectDatabase,
  type CustodianEpochs,
  custodianEpochs,
  type TrailReader as Records,
  trailReader,
} from "@sallyport/db";

/** Port: what the custodian sees of the database by its own role, committed rows only; and the one thing that it may do there. */
export interface TrailReader extends Pick<Records, "heads" | "closings" | "records" | "rowBytes" | "archivals" | "subjectExists" | "deployment" | "wraps"> {
  /** The next stored checkpoints of a generation above a size, by size. They prove themselves. */
  checkpoints(chain: string, generation: number, above: number): ReturnType<CheckpointStore["page"]>;
  readonly remove: RemoveArchived;
  close(): Promise<void>;
}

/** As long as removing a generation may take, in milliseconds: its records go in one transaction. */
const REMOVAL_MS = 900_000;

/** Adapter: Postgres. Connects at the first call, and again after a loss or when `url` answers another one. */
export function openTrail(url: string | (() => string), applicationName: string): TrailReader & { readonly epochs: CustodianEpochs } {
  const database = connectDatabase({ url, max: 4, applicationName });
  const remover = connectDatabase({ url, max: 1, applicationName: `${applicationName}-removal`, statementMs: REMOVAL_MS });
  const checkpoints = checkpointStore(database);
  const close = async (): Promise<void> => void (await Promise.all([database.close(), remover.close()]));
  return {
    ...trailReader(database),
    checkpoints: (chain, generation, above) => checkpoints.page({ chain, generation, above, limit: 4096 }),
    remove: archivalRemover(remover),
    epochs: custodianEpochs(database),
    close,
  };
}
