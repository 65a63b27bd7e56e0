import type { TrailArchive } from "@sallyport/api";
import { leafHash, lineOf, recordProofText, TreeProver, verifyConsistency, verifyInclusion } from "@sallyport/audit";
import type { AnchorStore, CheckpointStore, RecordStore, StoredCheckpoint, TreeStore } from "@sallyport/db";
import { SallyportError } from "@sallyport/errors";

export interface ProofDeps {
  readonly records: RecordStore;
  readonly checkpoints: CheckpointStore;
  readonly trees: TreeStore;
  readonly anchors: AnchorStore;
  /** Has a chain checkpointed now, and keeps the note. */
  readonly checkpoint: (chain: string) => Promise<unknown>;
  /** Verifier key of the checkpoint key. */
  readonly vkey: () => string;
}

const rootOf = ({ root }: StoredCheckpoint): Buffer => Buffer.from(root, "hex");

/** Proofs of the trail, from the stored trees. Each is verified under what the custodian signed before it leaves: nothing stored is taken at its word. */
export const trailProofs = (deps: ProofDeps): Pick<TrailArchive, "prove" | "proveGrowth"> => ({
  async prove(grant, { chain, generation, seq }) {
    const [found] = await deps.records.records(grant, { chain, generation, fromSeq: seq, limit: 1 });
    if (found?.seq !== seq) return null;
    const line = lineOf(found.body, found.mac);
    const checkpoint = await covering(deps, chain, generation, seq);
    const { size, note } = checkpoint;
    const hashes = await proverOf(deps, checkpoint).inclusion(seq - 1);
    if (!verifyInclusion({ index: seq - 1, size, leaf: leafHash(line), root: rootOf(checkpoint), proof: hashes }))
      throw new SallyportError("trail.unprovable", { chain, generation, seq });
    const anchors = await deps.anchors.of(chain, generation, size);
    const witnesses = anchors.filter(({ kind }) => kind === "witness");
    const cosigned = `${note}${witnesses.map(({ evidence }) => evidence).join("")}`;
    return {
      proof: recordProofText({ line, vkey: deps.vkey(), index: seq - 1, hashes, note: cosigned }),
      checkpoint: { size, root: checkpoint.root },
      witnesses: witnesses.map(({ name }) => name),
    };
  },

  async proveGrowth(grant, { chain, generation, from }) {
    grant.assert("trail.export");
    const [before, latest] = [await deps.checkpoints.covering(chain, generation, from), await deps.checkpoints.latest(chain, generation)];
    if (before === null || latest === null) return null;
    const hashes = await proverOf(deps, latest).consistency(before.size);
    const isProven = verifyConsistency({ size1: before.size, size2: latest.size, root1: rootOf(before), root2: rootOf(latest), proof: hashes });
    if (!isProven) throw new SallyportError("trail.unprovable", { chain, generation, seq: before.size });
    return { from: before.note, to: latest.note, proof: hashes.map((hash) => hash.toString("base64")), vkey: deps.vkey() };
  },
});

/** The newest checkpoint, which has to cover the record; one is asked for where none does yet. */
async function covering(deps: ProofDeps, chain: string, generation: number, seq: number): Promise<StoredCheckpoint> {
  const known = await deps.checkpoints.latest(chain, generation);
  if (known !== null && known.size >= seq) return known;
  await deps.checkpoint(chain);
  const fresh = await deps.checkpoints.latest(chain, generation);
  if (fresh === null || fresh.size < seq) throw new SallyportError("trail.unavailable", { chain });
  return fresh;
}

const proverOf = ({ trees }: ProofDeps, { chain, generation, size }: StoredCheckpoint): TreeProver => new TreeProver(trees.tiles(chain, generation), size);
