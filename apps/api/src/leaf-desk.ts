import type { EventLog } from "@sallyport/api";
import { firstOf, parseVkey, RUN_LEAVES, runOf, verifyRun } from "@sallyport/audit";
import { ed25519Public } from "@sallyport/crypto";
import type { Custodian } from "@sallyport/custody";
import type { KeptRun, LeafStore, RunAt } from "@sallyport/db";
import type { Grant } from "@sallyport/policy";

const SIGN_DEADLINE_MS = 20_000;
const SIGNATURE_BYTES = 64;

export interface LeafDeskDeps {
  readonly store: Pick<LeafStore, "runs" | "keep">;
  readonly custodian: Pick<Custodian, "sign">;
  readonly deployment: string;
  /** The keys that leaves may be signed by: the one in use first. */
  readonly vkeys: () => readonly string[];
  readonly log: EventLog;
}

/** Leaves of one generation, up to a checkpoint of `size`. */
export interface LeafRange {
  readonly chain: string;
  readonly generation: number;
  readonly from: number;
  readonly to: number;
  readonly size: number;
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
    const parts: Buffer[] = [];
    for (let run = first; run <= last; run += 1) parts.push(await this.#ofRun({ ...range, run }, kept.get(run)));
    return Buffer.concat(parts);
  }

  /** Makes a run's signatures and keeps them; null where its records aren't all there as they were sealed. */
  async keep(at: RunAt): Promise<Buffer | null> {
    const { chain, generation, run } = at;
    const notes = await this.#sign(chain, generation, firstOf(run), firstOf(run + 1) - 1);
    const [vkey] = this.#deps.vkeys();
    if (notes.length !== RUN_LEAVES + 1 || vkey === undefined) return null;
    const signatures = signaturesOf(notes.slice(0, RUN_LEAVES));
    const kept = { run, signatures, vkey, signature: Buffer.from(notes[RUN_LEAVES] ?? "", "base64") };
    // The custodian may have another key by now than was last heard of.
    if (this.#isGenuine(at, kept)) await this.#deps.store.keep(at, kept);
    return signatures;
  }

  async #ofRun({ chain, generation, from, to, size, run }: LeafRange & RunAt, kept: KeptRun | undefined): Promise<Buffer> {
    const [first, end] = [firstOf(run), firstOf(run + 1) - 1];
    const [start, stop] = [Math.max(from, first), Math.min(to, end)];
    const cut = (signatures: Buffer): Buffer => signatures.subarray((start - first) * SIGNATURE_BYTES, (stop - first + 1) * SIGNATURE_BYTES);
    if (kept !== undefined) {
      if (this.#isGenuine({ chain, generation, run }, kept)) return cut(kept.signatures);
      this.#deps.log.event("leaves.altered", { chain, generation, run });
    } else if (end <= size) {
      const made = await this.keep({ chain, generation, run });
      if (made !== null) return cut(made);
    }
    return signaturesOf(await this.#sign(chain, generation, start, stop)).subarray(0, (stop - start + 1) * SIGNATURE_BYTES);
  }

  #isGenuine({ chain, generation, run }: RunAt, { vkey, signatures, signature }: KeptRun): boolean {
    const { deployment, vkeys } = this.#deps;
    return vkeys().includes(vkey) && verifyRun({ deployment, chain, generation, run }, signatures, signature, ed25519Public(parseVkey(vkey).raw));
  }

  async #sign(chain: string, generation: number, from: number, to: number): Promise<readonly string[]> {
    return (await this.#deps.custodian.sign({ kind: "leaves", chain, generation, from, to }, SIGN_DEADLINE_MS)).notes;
  }
}

/** As bytes, one behind the other. */
export const signaturesOf = (signatures: readonly string[]): Buffer => Buffer.concat(signatures.map((each) => Buffer.from(each, "base64")));
