import { type EventLog, failureOf, livePrincipal, type PolicyDesk, type RequestContext, type Trail } from "@sallyport/api";
import { newId } from "@sallyport/crypto";
import type { Custodian } from "@sallyport/custody";
import type { Spool, Taken } from "@sallyport/custody/spool";
import type { Tx } from "@sallyport/db";
import { codeOf } from "@sallyport/errors";
import type { SpooledEnd, SpoolStore } from "@sallyport/policy";
import type { SpoolDesk } from "./spool-desk.ts";

export interface SpoolRoundDeps {
  readonly desk: SpoolDesk;
  readonly store: SpoolStore<Tx>;
  readonly trail: Trail<Tx>;
  readonly policy: Pick<PolicyDesk, "current">;
  readonly custodian: Pick<Custodian, "mint">;
  /** Whether everything that a crossing rests on is well by what this process knows: policy, custodian, trail, nothing frozen. */
  readonly isWell: () => boolean;
  /** Whether a principal's call with this idempotency key was done. */
  readonly wasDone: (principal: string, key: string) => Promise<boolean>;
  /** Sends a request through the whole boundary, as the listener does. */
  readonly cross: (path: string, context: RequestContext, input: unknown) => Promise<unknown>;
  readonly now: () => number;
  readonly log: EventLog;
}

const MINT_MS = 2000;
/** So many are replayed at once because somebody wanted it; the rest by the clock. */
const WANTED_MAX = 100;

type Draft = Parameters<Trail<Tx>["append"]>[0];

/**
 * Replays what was handed over, once everything has been well for a while: in the order in which it was taken, each through the whole boundary with
 * a token of its own that the custodian mints anew for that very certificate, so that who was revoked, locked or has another role by now is refused.
 *
 * Each step may be the last one before a crash. A request is entered with its record; its crossing happens once, by its idempotency key; its end is
 * recorded with its state; only then does the spool let go of it.
 */
export class SpoolRounds {
  readonly #deps: SpoolRoundDeps;
  readonly #entered = new Set<string>();
  #wellSinceMs: number | null = null;
  /** How often a replay at once was wanted, when this was looked at last; null before the first look. */
  #wantedUntil: number | null = null;
  #isCounted = false;
  #isFailing = false;

  constructor(deps: SpoolRoundDeps) {
    this.#deps = deps;
  }

  /** One round. Never throws: what couldn't be done is met again at the next one. */
  async run(): Promise<void> {
    const { desk, isWell, now, log } = this.#deps;
    const spool = desk.current;
    const isWellNow = isWell();
    desk.found(isWellNow);
    if (spool === null) return;
    if (!isWellNow) {
      this.#wellSinceMs = null;
      this.#wantedUntil = null;
      return;
    }
    try {
      await this.#enter(spool);
      await this.#letGo(spool);
      this.#isFailing = false;
      const waiting = spool.waiting();
      if (waiting.length === 0) {
        this.#wellSinceMs = null;
        this.#wantedUntil = null;
        return;
      }
      const isWanted = await this.#isWanted();
      this.#wellSinceMs ??= now();
      if (!isWanted && now() - this.#wellSinceMs < desk.holdMs) return;
      // That it can be written now is the last thing to be proven.
      await this.#deps.trail.append({ ...DRAFT, resource: `spool/${spool.id}`, reason: "begins", detail: `waiting=${waiting.length};wanted=${isWanted ? "yes" : "no"}` });
      for (const taken of isWanted ? waiting.slice(0, WANTED_MAX) : waiting) if (!isWell() || !(await this.#replay(spool, taken))) break;
      this.#wellSinceMs = null;
    } catch (error) {
      this.#wellSinceMs = null;
      if (!this.#isFailing) log.event("spool.round_failed", { code: codeOf(error) });
      this.#isFailing = true;
    }
  }

  /** Whether somebody has wanted a replay at once since the last look. What was wanted before this node ran, or while nothing waited or not everything was well, isn't made up for. */
  async #isWanted(): Promise<boolean> {
    const [before, now] = [this.#wantedUntil, await this.#deps.store.replaysWanted()];
    this.#wantedUntil = now;
    return before !== null && now > before;
  }

  /**
   * Lets go of what was discarded: that is on record first, then the book forgets it and its file is removed, never opened. Whether an earlier attempt was done
   * in spite of its failure, nobody could know before; its key says it.
   */
  async #letGo(spool: Spool): Promise<void> {
    const { store, trail, now, wasDone } = this.#deps;
    if (spool.waiting().length === 0) return;
    for (const { receipt, approval } of await store.discarded(spool.id)) {
      const taken = spool.find(receipt);
      if (taken === null) continue;
      const done = (await wasDone(taken.principal, taken.idempotencyKey)) ? "yes" : "no";
      await trail.inTransaction(async (tx, appendLast) => {
        if (await store.letGo(tx, receipt, now()))
          await appendLast([
            { ...draftOf(taken, { decision: "note", reason: "removed", detail: `${factsOf(taken)};approval=${approval};done=${done}` }), action: "spool.discard" },
          ]);
      });
      await this.#release(spool, taken);
    }
  }

  async #release(spool: Spool, taken: Taken): Promise<void> {
    await spool.settle(taken);
    this.#entered.delete(taken.receipt);
  }

  /** Puts on record what was taken meanwhile, and what is wrong with the spool itself. */
  async #enter(spool: Spool): Promise<void> {
    const { desk, store, trail, now } = this.#deps;
    for (const finding of desk.findings) {
      await trail.append({ ...DRAFT, resource: `spool/${spool.id}`, decision: "error", reason: finding.reason, detail: finding.detail });
      desk.recorded(finding);
    }
    for (const taken of spool.waiting().filter(({ receipt }) => !this.#entered.has(receipt))) {
      await trail.inTransaction(async (tx, appendLast) => {
        if (await store.enter(tx, { ...taken, spool: spool.id })) await appendLast([draftOf(taken, { decision: "note", reason: "taken", detail: factsOf(taken) })]);
      });
      this.#entered.add(taken.receipt);
      this.#isCounted = false;
    }
    if (this.#isCounted) return;
    // Everything that was ever taken is entered by now: what the book doesn't know any more was taken from it.
    const { entered, last, waiting } = await store.standing(spool.id);
    for (const receipt of waiting.filter((each) => spool.find(each) === null)) {
      await trail.inTransaction(async (tx, appendLast) => {
        if (await store.settle(tx, receipt, { state: "refused", reason: "gone", requestId: null }, now()))
          await appendLast([{ ...DRAFT, resource: `spool/${receipt}`, decision: "error", reason: "gone" }]);
      });
    }
    if (entered !== spool.taken || last !== spool.taken)
      await trail.append({ ...DRAFT, resource: `spool/${spool.id}`, decision: "error", reason: "miscounted", detail: `taken=${spool.taken};entered=${entered};last=${last}` });
    this.#isCounted = true;
  }

  /** One request to its end; false where it has to wait on. */
  async #replay(spool: Spool, taken: Taken): Promise<boolean> {
    const { store, trail, now } = this.#deps;
    // From here on it isn't discarded.
    if (await store.replaying(taken.receipt, now())) {
      const end = await this.#end(spool, taken);
      if (end === null) {
        await store.replaying(taken.receipt, null);
        return false;
      }
      await trail.inTransaction(async (tx, appendLast) => {
        const decision = end.state === "replayed" ? "note" : end.requestId === null ? "deny" : "note";
        if (await store.settle(tx, taken.receipt, end, now()))
          await appendLast([draftOf(taken, { decision, reason: end.reason ?? end.state, requestId: end.requestId ?? "-", detail: factsOf(taken) })]);
      });
    }
    // Where its end is on record, a crash kept the spool from letting go of it; what was discarded this moment is the next round's, which records that.
    else if ((await store.discarded(spool.id)).some(({ receipt }) => receipt === taken.receipt)) return true;
    await this.#release(spool, taken);
    return true;
  }

  /** Sends it through the boundary; null where that isn't possible now. */
  async #end(spool: Spool, taken: Taken): Promise<SpooledEnd | null> {
    const { desk, policy, custodian, cross, now } = this.#deps;
    const refused = (reason: string, requestId: string | null = null): SpooledEnd => ({ state: "refused", reason, requestId });
    if (now() - taken.takenMs > desk.limits.ageMs) return refused("expired");
    let input: unknown;
    try {
      input = await desk.input(spool, taken);
    } catch (error) {
      const { code, context } = failureOf(error);
      return code === "phi.integrity" ? refused(context["why"] === "gone" ? "gone" : "altered") : null;
    }
    const { workload, x5t, principal, scope, procedure, idempotencyKey } = taken;
    let token: string;
    try {
      // The token that it came with may have been ended since; the one that is minted now wouldn't show that.
      livePrincipal(policy.current(), { sub: principal, iatS: taken.iatS, jti: taken.jti });
      ({ token } = await custodian.mint({ sub: principal, scope, azp: workload, x5t }, MINT_MS));
    } catch (error) {
      const { code, facts } = failureOf(error);
      if (code === "verb.refused") return refused("workload.revoked");
      return facts.retry || code === "internal" ? null : refused(code);
    }
    const requestId = newId("req");
    const context: RequestContext = { requestId, peer: { spiffe: workload, x5t }, authorization: [`Bearer ${token}`], idempotencyKey, isBackground: true };
    try {
      await cross(procedure, context, input);
      return { state: "replayed", reason: null, requestId };
    } catch (error) {
      const { code, facts } = failureOf(error);
      // An act that stands, and lacks its checkpoint, is done.
      if (code === "trail.awaiting_evidence") return { state: "replayed", reason: null, requestId };
      return facts.retry || code === "trail.frozen" ? null : refused(code, requestId);
    }
  }
}

const DRAFT: Draft = {
  chain: "system",
  principal: "api",
  role: "-",
  workload: "api",
  action: "spool.replay",
  resource: "spool",
  site: "-",
  decision: "note",
  reason: "-",
  request_id: "-",
  policy: "-",
  detail: "",
};

const factsOf = ({ n, procedure, x5t, takenMs, sha256 }: Taken): string => `n=${n};procedure=${procedure};x5t=${x5t};taken=${new Date(takenMs).toISOString()};sha256=${sha256}`;

const draftOf = (
  { receipt, principal, workload }: Taken,
  { decision, reason, detail, requestId = "-" }: { readonly decision: Draft["decision"]; readonly reason: string; readonly detail: string; readonly requestId?: string },
): Draft => ({
  ...DRAFT,
  principal,
  workload,
  action: reason === "taken" ? "spool.take" : "spool.replay",
  resource: `spool/${receipt}`,
  decision,
  reason,
  request_id: requestId,
  detail,
});
