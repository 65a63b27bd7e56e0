import type { EventLog } from "@sallyport/api";
import type { RecordDraft } from "@sallyport/audit";
import { newId } from "@sallyport/crypto";
import type { Custodian, CustodianStatus } from "@sallyport/custody";
import { SallyportError } from "@sallyport/errors";

const DEADLINE_MS = 1000;

/** Who is told when what the custodian says changes, and what the custodian is told. */
export interface WatchListener {
  /** By which keys tokens are verified here now. */
  readonly holds: () => readonly string[];
  /** At the first status and whenever the token keys, the revocation list, the revoked workloads or the number of shreds changed. */
  readonly changed: (status: CustodianStatus) => void;
  /** At the first status and whenever the signing key or its handovers changed, once {@link CustodianWatch.status} says so. Throws nothing. */
  readonly turned: () => void;
}

/**
 * Asks the custodian once a second how things stand: token keys, revocations, its own verdicts, and acts of its own that belong on
 * the trail. What it said last stays in force while it is away; the revocation list goes stale by its own date.
 */
export class CustodianWatch {
  readonly #custodian: Custodian;
  readonly #listener: WatchListener;
  readonly #log: EventLog;
  /** By this name the custodian knows this process from the other nodes, while it runs. */
  readonly node = newId("node");
  #status: CustodianStatus | null = null;
  #reachable = false;

  constructor(custodian: Custodian, listener: WatchListener, log: EventLog) {
    this.#custodian = custodian;
    this.#listener = listener;
    this.#log = log;
  }

  /** Asks once. The custodian's own acts go to `append`, each until it is durable there; without it they stay with the custodian. Never throws. */
  async poll(append: ((draft: RecordDraft) => Promise<unknown>) | null): Promise<void> {
    try {
      const status = await this.#custodian.status({ holds: { node: this.node, tokenKeys: this.#listener.holds(), signKeys: knownIn(this.#status) } }, DEADLINE_MS);
      const before = this.#status;
      if (!this.#reachable) this.#log.event("custodian.reachable", {});
      this.#reachable = true;
      if (before === null || fingerprintOf(before) !== fingerprintOf(status)) this.#listener.changed(status);
      // Kept once it is in force: a change that couldn't be taken up is met again at the next look.
      this.#status = status;
      if (before === null || signerIn(before) !== signerIn(status)) this.#listener.turned();
      if (append !== null) await this.#record(status, append);
    } catch {
      if (this.#reachable) this.#log.event("custodian.unreachable", {});
      this.#reachable = false;
    }
  }

  /** In their order. What can't be put on record now is met again at the next look: its chain may be about to go on elsewhere. */
  async #record({ events }: CustodianStatus, append: (draft: RecordDraft) => Promise<unknown>): Promise<void> {
    for (const event of events) {
      const isRecorded = await append(draftOf(event)).then(
        () => true,
        () => false,
      );
      if (!isRecorded) return;
      await this.#custodian.status({ acknowledge: event.n }, DEADLINE_MS);
    }
  }

  get isReachable(): boolean {
    return this.#reachable;
  }

  /** What the custodian said last. Throws `service.unavailable` before it said anything. */
  status(): CustodianStatus {
    if (this.#status === null) throw new SallyportError("service.unavailable");
    return this.#status;
  }
}

/** The signing keys that this node has heard of, the next one among them. That one of them is in use by now it learns at its next look. */
const knownIn = (status: CustodianStatus | null): readonly string[] =>
  (status?.signKeys ?? []).filter(({ state }) => state === "next" || state === "active" || state === "retiring").map(({ id }) => id);

const fingerprintOf = ({ tokenKeys, crl, revokedWorkloads, ca, shreds }: CustodianStatus): string => JSON.stringify([tokenKeys, crl, revokedWorkloads, ca, shreds]);

const signerIn = ({ checkpointKey }: CustodianStatus): string => JSON.stringify(checkpointKey);

const draftOf = (event: CustodianStatus["events"][number]): RecordDraft => ({
  chain: event.chain ?? "system",
  principal: "custodian",
  role: "-",
  workload: "custodian",
  action: event.action,
  resource: event.resource,
  site: event.chain?.startsWith("site:") === true ? event.chain.slice("site:".length) : "-",
  decision: "note",
  reason: "custodian",
  request_id: `custodian-${event.n}`,
  policy: "-",
  detail: `${event.detail === "" ? "" : `${event.detail};`}at=${event.at}`,
});
