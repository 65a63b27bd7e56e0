import { encodeRecord, isChain, type SealAnswer, type SealBatch, ZERO_MAC } from "@sallyport/audit";
import { hmacHex } from "@sallyport/crypto";
import { decodeSealCall, encodeSealAnswers } from "@sallyport/custody";
import { assertNotClosing, type AuditEpochs, type Mark, markId, openGeneration, opensAfter, SealClock } from "@sallyport/custody/incidents";
import { SallyportError } from "@sallyport/errors";
import type { Store } from "./store.ts";

/**
 * Verb `seal`: makes the canonical bytes itself, stamps the time, and MACs them. It trusts the caller's head as far as the
 * last mark: nothing at or below a signed size is sealed again, and what follows a mark must follow its very record.
 */
export class Sealing {
  readonly #store: Store;
  readonly #clock: Pick<SealClock, "stamp">;
  readonly #epochs: AuditEpochs;
  readonly #deployment: string;

  /** @param clock - Port: what gives the time; a test replaces it. */
  constructor(store: Store, epochs: AuditEpochs, now: () => number, clock: Pick<SealClock, "stamp"> = new SealClock(store, now)) {
    this.#store = store;
    this.#clock = clock;
    this.#epochs = epochs;
    this.#deployment = store.deployment.deployment;
  }

  /** @throws `verb.refused` for another deployment, a closed generation, or one that an incident closed or whose key seals no more, a position at or below a mark; `trail.unrepresentable`. */
  seal(payload: Buffer): string {
    const { deployment, batches } = decodeSealCall(payload);
    if (deployment !== this.#deployment) throw new SallyportError("verb.refused", { why: "deployment" });
    const timestampUtc = this.#clock.stamp();
    return encodeSealAnswers(batches.map((batch) => this.#sealBatch(batch, timestampUtc)));
  }

  #sealBatch({ head, drafts }: SealBatch, timestampUtc: string): SealAnswer {
    const { chain, generation, seq } = head;
    if (!isChain(chain)) throw new SallyportError("verb.refused", { why: "chain" });
    const open = openGeneration(this.#store, chain);
    if (generation !== open && !(generation === open + 1 && this.#epochs.mayFollow(head))) throw new SallyportError("verb.refused", { why: "generation", chain });
    assertNotClosing(this.#store, chain);
    assertAbove(this.#store.get("mark", markId(chain, generation)), head);
    if (seq === 0 && generation > 1) this.#assertOpening(head, drafts);

    const auditKey = this.#epochs.sealing(head);
    const macs: string[] = [];
    let prevMac = head.mac;
    for (const draft of drafts) {
      prevMac = hmacHex(auditKey, encodeRecord(draft, { deployment: this.#deployment, generation, seq: seq + macs.length + 1, timestampUtc, prevMac }));
      macs.push(prevMac);
    }
    return { timestampUtc, macs };
  }

  /** A generation begins with the record that cites what was signed last of the one before. */
  #assertOpening({ chain, generation }: SealBatch["head"], drafts: SealBatch["drafts"]): void {
    const before = this.#store.get("mark", markId(chain, generation - 1));
    if (!opensAfter(drafts, { generation: generation - 1, seq: before?.size ?? 0, mac: before?.mac ?? ZERO_MAC }))
      throw new SallyportError("verb.refused", { why: "opening", chain });
  }
}

function assertAbove(mark: Mark | undefined, { chain, seq, mac }: SealBatch["head"]): void {
  const size = mark?.size ?? 0;
  if (seq < size) throw new SallyportError("verb.refused", { why: "below mark", chain, size });
  if (seq === size && mac !== (mark?.mac ?? ZERO_MAC)) throw new SallyportError("verb.refused", { why: "other head", chain, size });
}
