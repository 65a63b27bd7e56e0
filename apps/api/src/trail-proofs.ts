import type { ExcerptProofs, SigningKey, TrailArchive } from "@sallyport/api";
import { isSignedBy, leafHash, lineOf, recordProofText, type StatingKey, TreeProver, verifyConsistency, verifyInclusion } from "@sallyport/audit";
import type { AnchorStore, CheckpointStore, RecordStore, StoredCheckpoint, TreeStore } from "@sallyport/db";
import type { Custodian } from "@sallyport/custody";
import { SallyportError } from "@sallyport/errors";
import { keysBehindIn } from "./signing-key.ts";

const SIGN_DEADLINE_MS = 20_000;

export interface ProofDeps {
  readonly custodian: Pick<Custodian, "sign">;
  readonly records: RecordStore;
  readonly checkpoints: CheckpointStore;
  readonly trees: TreeStore;
  readonly anchors: AnchorStore;
  /** Has a chain checkpointed now, and keeps the note. */
  readonly checkpoint: (chain: string) => Promise<unknown>;
  /** By the custodian's last word. */
  readonly signingKey: () => SigningKey;
  /** Asks the custodian anew. Never throws. */
  readonly heard: () => Promise<void>;
}

const rootOf = ({ root }: StoredCheckpoint): Buffer => Buffer.from(root, "hex");

/** Proofs of the trail, from the stored trees. Each is verified under what the custodian signed before it leaves: nothing stored is taken at its word. */
export const trailProofs = (deps: ProofDeps): Pick<TrailArchive, "prove" | "proveStored" | "proveGrowth" | "openExcerpt"> => ({
  async prove(grant, { chain, generation, seq }) {
    const [found] = await deps.records.records(grant, { chain, generation, fromSeq: seq, limit: 1 });
    return found?.seq === seq ? proveStored(deps, found) : null;
  },

  proveStored: (record) => proveStored(deps, record),

  async proveGrowth(grant, { chain, generation, from }) {
    grant.assert("trail.export");
    const [before, latest] = [await deps.checkpoints.covering(chain, generation, from), await deps.checkpoints.latest(chain, generation)];
    if (before === null || latest === null) return null;
    const hashes = await orNone(proverOf(deps, latest).consistency(before.size));
    const isProven = hashes !== null && verifyConsistency({ size1: before.size, size2: latest.size, root1: rootOf(before), root2: rootOf(latest), proof: hashes });
    if (!isProven) throw new SallyportError("trail.unprovable", { chain, generation, seq: before.size });
    const vkey = await signerOf(deps, latest);
    const now = deps.signingKey();
    // What is stated by the key that signed the newer one holds the older one beside, by any key behind that.
    if (signerAmong(keysBehindIn(now, vkey), before) === null) throw new SallyportError("trail.unprovable", { chain, generation, seq: before.size });
    return { from: before.note, to: latest.note, proof: hashes.map((hash) => hash.toString("base64")), vkey, handovers: now.handovers };
  },

  async openExcerpt(grant, chains) {
    grant.assert("trail.export");
    for (const chain of chains) await deps.checkpoint(chain);
    await deps.heard();
    return new Excerpt(deps);
  },
});

/** What an excerpt's records are proven under: one checkpoint a log, the same to its end. */
class Excerpt implements ExcerptProofs {
  readonly key: StatingKey;
  readonly #behind: readonly string[];
  readonly #deps: ProofDeps;
  readonly #logs = new Map<string, Promise<{ readonly checkpoint: StoredCheckpoint; readonly prover: TreeProver }>>();

  constructor(deps: ProofDeps) {
    this.#deps = deps;
    const { vkey, handovers, behind } = deps.signingKey();
    this.key = { vkey, handovers };
    this.#behind = behind;
  }

  async checkpoint(chain: string, generation: number): Promise<{ readonly note: string; readonly size: number }> {
    return (await this.#log(chain, generation)).checkpoint;
  }

  async prove({ chain, generation, seq, line }: Parameters<ExcerptProofs["prove"]>[0]): Promise<readonly Buffer[] | null> {
    const { checkpoint, prover } = await this.#log(chain, generation);
    if (seq > checkpoint.size) return null;
    const proof = await orNone(prover.inclusion(seq - 1));
    return proof !== null && verifyInclusion({ index: seq - 1, size: checkpoint.size, leaf: leafHash(line), root: rootOf(checkpoint), proof }) ? proof : null;
  }

  async sign(statement: Parameters<ExcerptProofs["sign"]>[0]): Promise<string> {
    const { notes } = await this.#deps.custodian.sign({ kind: "excerpt", vkey: this.key.vkey, ...statement }, SIGN_DEADLINE_MS);
    const [note] = notes;
    if (note === undefined) throw new SallyportError("trail.unavailable");
    return note;
  }

  #log(chain: string, generation: number): Promise<{ readonly checkpoint: StoredCheckpoint; readonly prover: TreeProver }> {
    const key = `${chain}/${generation}`;
    const known = this.#logs.get(key) ?? this.#open(chain, generation);
    this.#logs.set(key, known);
    return known;
  }

  async #open(chain: string, generation: number): Promise<{ readonly checkpoint: StoredCheckpoint; readonly prover: TreeProver }> {
    const checkpoint = await this.#deps.checkpoints.latest(chain, generation);
    // One by a key that followed meanwhile is none that this excerpt can hold.
    if (checkpoint === null || signerAmong(this.#behind, checkpoint) === null) throw new SallyportError("trail.unavailable", { chain });
    return { checkpoint, prover: proverOf(this.#deps, checkpoint) };
  }
}

async function proveStored(deps: ProofDeps, { chain, generation, seq, body, mac }: Parameters<TrailArchive["proveStored"]>[0]): ReturnType<TrailArchive["proveStored"]> {
  const line = lineOf(body, mac);
  const checkpoint = await covering(deps, chain, generation, seq);
  const { size, note } = checkpoint;
  const hashes = await orNone(proverOf(deps, checkpoint).inclusion(seq - 1));
  if (hashes === null || !verifyInclusion({ index: seq - 1, size, leaf: leafHash(line), root: rootOf(checkpoint), proof: hashes }))
    throw new SallyportError("trail.unprovable", { chain, generation, seq });
  const vkey = await signerOf(deps, checkpoint);
  const anchors = await deps.anchors.of(chain, generation, size);
  const witnesses = anchors.filter(({ kind }) => kind === "witness");
  const cosigned = `${note}${witnesses.map(({ evidence }) => evidence).join("")}`;
  return {
    proof: recordProofText({ line, vkey, handovers: deps.signingKey().handovers, index: seq - 1, hashes, note: cosigned }),
    checkpoint: { size, root: checkpoint.root },
    witnesses: witnesses.map(({ name }) => name),
  };
}

/** The newest checkpoint, which has to cover the record; one is asked for where none does yet. */
async function covering(deps: ProofDeps, chain: string, generation: number, seq: number): Promise<StoredCheckpoint> {
  const known = await deps.checkpoints.latest(chain, generation);
  if (known !== null && known.size >= seq) return known;
  await deps.checkpoint(chain);
  const fresh = await deps.checkpoints.latest(chain, generation);
  if (fresh === null || fresh.size < seq) throw new SallyportError("trail.unavailable", { chain });
  return fresh;
}

/** The hashes of a proof; null where the stored tiles are too short for one: then records are missing of which they are made. */
const orNone = async (hashes: Promise<readonly Buffer[]>): Promise<readonly Buffer[] | null> => {
  try {
    return await hashes;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
};

const proverOf = ({ trees }: ProofDeps, { chain, generation, size }: StoredCheckpoint): TreeProver => new TreeProver(trees.tiles(chain, generation), size);

/** By which of these keys a stored checkpoint is signed; null where by none. */
function signerAmong(vkeys: readonly string[], { note }: StoredCheckpoint): string | null {
  return vkeys.find((vkey) => isSignedBy(note, vkey)) ?? null;
}

/**
 * The key that signed a stored checkpoint: the custodian's, or one behind it, for a moment after a turn. The turn may not have been heard of yet, so it is asked for.
 *
 * @throws SallyportError `trail.unprovable` for what none of them signed.
 */
async function signerOf(deps: ProofDeps, checkpoint: StoredCheckpoint): Promise<string> {
  const known = signerAmong(deps.signingKey().behind, checkpoint);
  if (known !== null) return known;
  await deps.heard();
  const heard = signerAmong(deps.signingKey().behind, checkpoint);
  if (heard === null) throw new SallyportError("trail.unprovable", { chain: checkpoint.chain, generation: checkpoint.generation, seq: checkpoint.size });
  return heard;
}
