import type { EventLog, SigningKey } from "@sallyport/api";
import { firstOf, parseVkey, RUN_LEAVES, runOf, SIGNATURE_BYTES, signaturesOf, verifyRun } from "@sallyport/audit";
import { ed25519Public } from "@sallyport/crypto";
import type { Custodian } from "@sallyport/custody";
import type { KeptRun, LeafStore, RunAt } from "@sallyport/db";
import type { Grant } from "@sallyport/policy";
import { keysBehindIn } from "./signing-key.ts";

const SIGN_DEADLINE_MS = 20_000;

export interface LeafDeskDeps {
  readonly store: Pick<LeafStore, "runs" | "keep">;
  readonly custodian: Pick<Custodian, "sign">;
  readonly deployment: string;
  readonly signingKey: () => SigningKey;
  readonly log: EventLog;
}

/** Leaves of one generation, up to a checkpoint of `size`. */
export interface LeafRange {
  readonly chain: string;
  readonly generation: number;
  readonly from: number;
  readonly to: number;
  readonly size: number;
  /** The key that stated the export: its leaves are signed by it, or by a key behind it. */
  readonly vkey: string;
}

/**
 * The signatures of leaves, each made once: what is kept is read, what isn't is made by the custodian, who reads the records for itself, and kept. What the
 * database has is taken only as the custodian signed it: a run that somebody altered there is made anew each time, and the log says so.
 */
export class LeafDesk {
  readonly #deps: LeafDeskDeps;

  constructor(deps: LeafDeskDeps) {
    this.#deps = deps;
  }

  /** The signatures of these leaves, 64 bytes each, in order. Where records are missing, as many as there are. */
  async signatures(grant: Grant, range: LeafRange): Promise<Buffer> {
    const { chain, generation, from, to } = range;
    const [first, last] = [runOf(from), runOf(to)];
    const kept = new Map((await this.#deps.store.runs(grant, { chain, generation, first, last })).map((each) => [each.run, each]));
    const behind = kept.size === 0 ? [] : keysBehindIn(this.#deps.signingKey(), range.vkey);
    const parts: Buffer[] = [];
    for (let run = first; run <= last; run += 1) parts.push(await this.#ofRun({ ...range, run }, kept.get(run), behind));
    return Buffer.concat(parts);
  }

  /** Makes a run's signatures, by the key in use if none is named, and keeps them where its records are what was sealed; null where some are missing. */
  async keep(at: RunAt, vkey = this.#deps.signingKey().vkey): Promise<Buffer | null> {
    const { chain, generation, run } = at;
    const notes = await this.#sign({ chain, generation, from: firstOf(run), to: firstOf(run + 1) - 1, vkey });
    if (notes.length < RUN_LEAVES) return null;
    const signatures = signaturesOf(notes.slice(0, RUN_LEAVES));
    const over = notes[RUN_LEAVES];
    if (over !== undefined) await this.#deps.store.keep(at, { signatures, vkey, signature: Buffer.from(over, "base64") });
    return signatures;
  }

  async #ofRun({ chain, generation, from, to, size, vkey, run }: LeafRange & RunAt, kept: KeptRun | undefined, behind: readonly string[]): Promise<Buffer> {
    const [first, end] = [firstOf(run), firstOf(run + 1) - 1];
    const [start, stop] = [Math.max(from, first), Math.min(to, end)];
    const cut = (signatures: Buffer): Buffer => signatures.subarray((start - first) * SIGNATURE_BYTES, (stop - first + 1) * SIGNATURE_BYTES);
    if (kept !== undefined) {
      const why = this.#doubtOf({ chain, generation, run }, kept);
      // What a key signed that follows the one by which this export was begun isn't for this export.
      if (why === null && behind.includes(kept.vkey)) return cut(kept.signatures);
      if (why !== null) this.#deps.log.event("leaves.altered", { chain, generation, run, why });
    } else if (end <= size) {
      const made = await this.keep({ chain, generation, run }, vkey);
      if (made !== null) return cut(made);
    }
    return signaturesOf(await this.#sign({ chain, generation, from: start, to: stop, vkey })).subarray(0, (stop - start + 1) * SIGNATURE_BYTES);
  }

  /** What is wrong with a kept run; null where it is as it was made. A key that isn't known may be one that another node heard of first. */
  #doubtOf({ chain, generation, run }: RunAt, { vkey, signatures, signature }: KeptRun): "key" | "signature" | null {
    const { deployment, signingKey } = this.#deps;
    if (!signingKey().behind.includes(vkey)) return "key";
    return verifyRun({ deployment, chain, generation, run }, signatures, signature, ed25519Public(parseVkey(vkey).raw)) ? null : "signature";
  }

  async #sign(asked: Pick<LeafRange, "chain" | "generation" | "from" | "to" | "vkey">): Promise<readonly string[]> {
    return (await this.#deps.custodian.sign({ kind: "leaves", ...asked }, SIGN_DEADLINE_MS)).notes;
  }
}
