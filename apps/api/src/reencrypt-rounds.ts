import { setTimeout as sleep } from "node:timers/promises";
import { dataKeyId, type EventLog, type Trail } from "@sallyport/api";
import { type DataKey, secretKey } from "@sallyport/crypto";
import type { Custodian, KeyContext } from "@sallyport/custody";
import type { ReencryptEnd, ReencryptJob, ReencryptStore, ResealedSubject, SealedSubject, Tx } from "@sallyport/db";
import { codeOf, SallyportError } from "@sallyport/errors";
import { resealFields } from "@sallyport/phi";

/** Subjects, and about how many versions of records, of one short transaction. */
const BATCH = { subjects: 100, versions: 500 } as const;
const DEADLINE_MS = 5000;
/** Between batches at least; otherwise as long as the batch took, so that half of the time is everybody else's. */
const PAUSE_MS = 10;
/** Subjects that are sealed in one go: what else waits has its turn in between. */
const AT_ONCE = 5;

export interface ReencryptDeps {
  readonly store: Omit<ReencryptStore, "begin" | "all">;
  readonly custodian: Pick<Custodian, "wrap" | "unwrap">;
  readonly trail: Pick<Trail<Tx>, "inTransaction">;
  /** This process, among those that might do the same. */
  readonly node: string;
  readonly log: EventLog;
  readonly batch?: { readonly subjects: number; readonly versions: number };
}

/**
 * Seals stored fields anew under other data keys, batch by batch, each subject's in one go: a reader finds a subject with what is sealed under its key, before or
 * after. What is left to do is the subjects whose key is older than the job, so whichever node is next goes on where another was ended. Its end is on the trail
 * once, by whichever node: it is marked in the transaction of its record.
 */
export class ReencryptRounds {
  readonly #deps: ReencryptDeps;
  #isFailing = false;

  constructor(deps: ReencryptDeps) {
    this.#deps = deps;
  }

  /** Goes through all that is left of the oldest job, once. Never throws: what couldn't be done now is met again at the next round. */
  async run(): Promise<void> {
    try {
      const job = await this.#deps.store.current();
      if (job !== null) await this.#through(job);
      await this.#tell();
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) this.#deps.log.event("keys.reencrypt_failed", { code: codeOf(error) });
      this.#isFailing = true;
    }
  }

  async #through(job: ReencryptJob): Promise<void> {
    const { store, node, log, batch = BATCH } = this.#deps;
    let [after, stuck] = ["", 0];
    for (;;) {
      const fromMs = performance.now();
      if (!(await store.take(job.id, node))) return;
      const subjects = await store.next(job.id, after, batch);
      const last = subjects.at(-1);
      if (last === undefined) break;
      const anew = await resealed(this.#deps.custodian, subjects);
      stuck += subjects.length - anew.length;
      await store.replace(job.id, anew);
      after = last.id;
      await sleep(Math.max(PAUSE_MS, performance.now() - fromMs));
    }
    if (stuck > 0) log.event("keys.reencrypt_stuck", { job: job.id, subjects: stuck });
    await store.end(job.id, node, stuck);
  }

  async #tell(): Promise<void> {
    const { store, trail } = this.#deps;
    if (!(await store.isUntold())) return;
    await trail.inTransaction(async (tx, appendLast) => {
      const ends = await store.tell(tx);
      if (ends.length > 0) await appendLast(ends.map(reencrypted));
    });
  }
}

/** Subjects sealed anew; one of which anything doesn't open is left out. @throws `keys.unavailable`. */
export async function resealed(custodian: ReencryptDeps["custodian"], subjects: readonly SealedSubject[]): Promise<readonly ResealedSubject[]> {
  const contexts = subjects.map(({ id, study, site }): KeyContext => ({ purpose: "subject", id, study, site }));
  const old = await Promise.all(subjects.map((subject, at) => opened(custodian, contexts[at] as KeyContext, subject)));
  const open = subjects.flatMap((subject, at) => (old[at] === null ? [] : [{ subject, context: contexts[at] as KeyContext, from: old[at] as DataKey }]));
  if (open.length === 0) return [];
  const made = await custodian.wrap(
    open.map(({ context }) => context),
    DEADLINE_MS,
  );
  const anew: ResealedSubject[] = [];
  for (const [at, { subject, from }] of open.entries()) {
    const next = made[at];
    if (next === undefined) throw new SallyportError("keys.unavailable");
    const to = { id: dataKeyId({ purpose: "subject", ...subject, version: subject.keyVersion + 1 }), key: secretKey(next.key) };
    try {
      anew.push({ ...subject, now: next.wrapped, fields: resealFields(subject, from, to, subject.fields) });
    } catch (error) {
      if (codeOf(error) !== "phi.integrity") throw error;
    }
    if (at % AT_ONCE === AT_ONCE - 1) await new Promise((resume) => setImmediate(resume));
  }
  return anew;
}

/** A subject's data key; null for one that doesn't open, or was destroyed meanwhile. */
async function opened(custodian: Pick<Custodian, "unwrap">, context: KeyContext, { wrapped, keyVersion }: SealedSubject): Promise<DataKey | null> {
  try {
    const [key] = await custodian.unwrap([{ context, wrapped }], DEADLINE_MS);
    return key === undefined ? null : { id: dataKeyId({ ...context, purpose: "subject", version: keyVersion }), key: secretKey(key) };
  } catch (error) {
    if (codeOf(error) === "phi.integrity" || codeOf(error) === "subject.shredded") return null;
    throw error;
  }
}

const reencrypted = ({ id, study, moved, fields, stuck }: ReencryptEnd) => ({
  chain: "system",
  principal: "api",
  role: "-",
  workload: "api",
  action: "keys.rotate",
  resource: `study/${study}`,
  site: "-",
  decision: "note" as const,
  reason: "reencrypted",
  request_id: "-",
  policy: "-",
  detail: `job=${id};subjects=${moved};fields=${fields};stuck=${stuck}`,
});
