import type { ApiDeps, EventLog, Trail } from "@sallyport/api";
import type { Custodian } from "@sallyport/custody";
import { type Database, rewrapStore, searchIndexer, type Tx, uploadSweep } from "@sallyport/db";
import type { CustodianWatch } from "./custodian-watch.ts";
import { type PolicyRoundDeps, PolicyRounds } from "./policy-rounds.ts";
import { RewrapRounds } from "./rewrap-rounds.ts";
import { SearchRounds } from "./search-rounds.ts";
import { UploadRounds } from "./upload-rounds.ts";

const INDEX_MS = 300;
const VERSIONS_MS = 1000;
const REWRAP_MS = 2000;
const UPLOADS_MS = 60_000;

export interface StandingDeps {
  readonly database: Database;
  readonly custodian: Custodian;
  readonly watch: CustodianWatch;
  readonly trail: Trail<Tx>;
  readonly due: PolicyRoundDeps["due"] & Pick<ApiDeps<Tx>, "incidentOf">;
  readonly isFrozen: () => boolean;
  readonly log: EventLog;
}

/** What goes on by the clock behind every crossing and on no crossing's way. */
export function standingRounds({ database, custodian, watch, trail, due, isFrozen, log }: StandingDeps): readonly { readonly ms: number; readonly run: () => Promise<void> }[] {
  const searchable = new SearchRounds(searchIndexer(database), log);
  const uploads = new UploadRounds({ sweep: uploadSweep(database), trail, log, isFrozen });
  const versions = new PolicyRounds({ due, log, isStopped: () => isFrozen() || due.incidentOf("system") !== null });
  const rewraps = new RewrapRounds({ store: rewrapStore(database), custodian, keks: () => watch.status().keks, trail, node: watch.node, log });
  return [
    { ms: INDEX_MS, run: () => searchable.run() },
    { ms: VERSIONS_MS, run: () => versions.run() },
    // What a database that was put back holds of keys is nothing to write over.
    { ms: REWRAP_MS, run: () => (isFrozen() ? Promise.resolve() : rewraps.run()) },
    { ms: UPLOADS_MS, run: () => uploads.run() },
  ];
}
