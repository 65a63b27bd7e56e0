import type { ApiDeps, AppRouter, EventLog, RequestContext, Trail } from "@sallyport/api";
import type { Custodian } from "@sallyport/custody";
import { checkpointStore, type Database, leafStore, passwordRecords, reencryptStore, rewrapStore, shredStore, searchIndexer, type Tx, uploadSweep } from "@sallyport/db";
import { type AuditTurnDeps, AuditTurns } from "./audit-turn.ts";
import type { CustodianWatch } from "./custodian-watch.ts";
import { checkpointing } from "./evidence.ts";
import type { LeafDesk } from "./leaf-desk.ts";
import { LeafRounds } from "./leaf-rounds.ts";
import { PasswordRounds } from "./password-rounds.ts";
import { type PolicyRoundDeps, PolicyRounds } from "./policy-rounds.ts";
import { ReencryptRounds } from "./reencrypt-rounds.ts";
import { RewrapRounds } from "./rewrap-rounds.ts";
import { SearchRounds } from "./search-rounds.ts";
import { callTRPCProcedure } from "@trpc/server";
import type { SpoolDesk } from "./spool-desk.ts";
import { SpoolRounds } from "./spool-rounds.ts";
import { ShredRounds } from "./shred-rounds.ts";
import { UploadRounds } from "./upload-rounds.ts";

const INDEX_MS = 300;
const VERSIONS_MS = 1000;
const REWRAP_MS = 2000;
const AUDIT_MS = 1000;
const SHREDS_MS = 500;
const LEAVES_MS = 3000;
const UPLOADS_MS = 60_000;
const SPOOL_MS = 500;

export interface StandingDeps {
  readonly database: Database;
  readonly custodian: Custodian;
  readonly watch: CustodianWatch;
  readonly trail: Trail<Tx> & AuditTurnDeps<Tx>["trail"] & { readonly outage: object | null };
  readonly due: PolicyRoundDeps["due"] & Pick<ApiDeps<Tx>, "incidentOf" | "policy" | "spooled" | "idempotency" | "now">;
  readonly spool: SpoolDesk;
  readonly router: AppRouter;
  readonly leaves: Pick<LeafDesk, "keep">;
  readonly isFrozen: () => boolean;
  readonly log: EventLog;
}

/** What goes on by the clock behind every crossing and on no crossing's way. */
export function standingRounds({
  database,
  custodian,
  watch,
  trail,
  due,
  isFrozen,
  log,
  spool,
  router,
  leaves,
}: StandingDeps): readonly { readonly ms: number; readonly run: () => Promise<void> }[] {
  const searchable = new SearchRounds(searchIndexer(database), log);
  const uploads = new UploadRounds({ sweep: uploadSweep(database), trail, log, isFrozen });
  const versions = new PolicyRounds({ due, log, isStopped: () => isFrozen() || due.incidentOf("system") !== null });
  const checkpoints = checkpointStore(database);
  const turns = new AuditTurns<Tx>({ trail, checkpoint: checkpointing(custodian, checkpoints), custodian, keep: (tx, signed) => checkpoints.insert(signed, tx), log });
  const rewraps = new RewrapRounds({ store: rewrapStore(database), custodian, keks: () => watch.status().keks, trail, node: watch.node, log });
  const replays = new SpoolRounds({
    desk: spool,
    store: due.spooled,
    trail,
    policy: due.policy,
    custodian,
    // What a crossing rests on; a database that was put back is nothing to write into.
    isWell: () => !isFrozen() && watch.isReachable && watch.status().rootKey === "present" && trail.outage === null && isDecidable(due.policy),
    wasDone: async (principal, key) => (await due.idempotency.find(principal, key)) !== null,
    cross: (path, ctx: RequestContext, input) =>
      callTRPCProcedure({ router, path, type: "mutation", ctx, getRawInput: () => Promise.resolve(input), signal: undefined, batchIndex: 0 }),
    now: due.now,
    log,
  });
  const reencryptions = new ReencryptRounds({ store: reencryptStore(database), custodian, trail, node: watch.node, log });
  const passwords = new PasswordRounds({ records: passwordRecords(database), trail, log });
  const kept = new LeafRounds({ store: leafStore(database), desk: leaves, node: watch.node, log, clock: () => performance.now() });
  const shreds = new ShredRounds({ store: shredStore(database), custodian, now: Date.now, log });
  return [
    { ms: INDEX_MS, run: () => searchable.run() },
    { ms: VERSIONS_MS, run: () => versions.run() },
    // What a database that was put back holds of keys is nothing to write over.
    { ms: REWRAP_MS, run: () => (isFrozen() ? Promise.resolve() : rewraps.run()) },
    { ms: AUDIT_MS, run: () => (isFrozen() ? Promise.resolve() : turns.run(watch.status())) },
    { ms: SPOOL_MS, run: () => replays.run() },
    { ms: REWRAP_MS, run: () => spool.keepKey() },
    { ms: REWRAP_MS, run: () => (isFrozen() ? Promise.resolve() : reencryptions.run()) },
    { ms: REWRAP_MS, run: () => (isFrozen() ? Promise.resolve() : passwords.run()) },
    { ms: SHREDS_MS, run: () => (isFrozen() ? Promise.resolve() : shreds.run()) },
    { ms: LEAVES_MS, run: () => (isFrozen() ? Promise.resolve() : kept.run()) },
    { ms: UPLOADS_MS, run: () => uploads.run() },
  ];
}

/** Whether there is a policy to decide on, read within the last second. */
function isDecidable(policy: ApiDeps<Tx>["policy"]): boolean {
  try {
    return policy.current() !== null;
  } catch {
    return false;
  }
}
