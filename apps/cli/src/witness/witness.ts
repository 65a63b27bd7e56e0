import {
  checkpointText,
  cosign,
  emptyRoot,
  isSignedBy,
  type NoteSigner,
  parseCheckpoint,
  parseVkey,
  parseWitnessRequest,
  prefixRootIn,
  verifyConsistency,
  type Checkpoint,
  type WitnessRequest,
} from "@sallyport/audit";

/** What a witness saw last of a log. */
export interface SeenLog {
  readonly size: number;
  /** Lower-case hex. */
  readonly root: string;
  /** The signed checkpoint; null in a memory that an earlier release wrote, until the log's next one. */
  readonly note: string | null;
}

/** Two checkpoints that one history can't have both: of one size with two roots, or a smaller one that the proof shows another root for. */
export interface Contradiction {
  /** What was cosigned, as {@link SeenLog.note}. */
  readonly seen: string | null;
  readonly other: string;
  /** From the seen one's size to the other's. Empty where they have the same. */
  readonly proof: readonly Buffer[];
}

/** Port: what a witness has seen, by a log's origin. `save` returns when it is on the disk. */
export interface SeenLogs {
  load(origin: string): SeenLog | null;
  save(origin: string, seen: SeenLog): void;
  /** Keeps two signed checkpoints that contradict each other: together they prove that their signer told two histories. */
  keepContradiction(origin: string, contradiction: Contradiction): void;
}

export interface WitnessAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422;
  readonly body: string;
  readonly type: string;
}

export interface WitnessRules {
  readonly consistency: typeof verifyConsistency;
}

const answer = (status: WitnessAnswer["status"], body = "", type = "text/plain; charset=utf-8"): WitnessAnswer => ({ status, body, type });

/**
 * A witness of C2SP tlog-witness: cosigns a log's checkpoint where it continues the one that it cosigned before, and nothing else. One request is
 * answered wholly before the next, so that two can't be checked against the same state.
 */
export class Witness {
  readonly #signer: NoteSigner;
  readonly #logs: readonly string[];
  readonly #seen: SeenLogs;
  readonly #nowS: () => number;
  readonly #rules: WitnessRules;

  /** @param logs - Verifier keys whose checkpoints are taken; a log's origin begins with its key's name and a slash. */
  constructor(signer: NoteSigner, logs: readonly string[], seen: SeenLogs, nowS: () => number, rules: WitnessRules = { consistency: verifyConsistency }) {
    this.#signer = signer;
    this.#logs = logs;
    this.#seen = seen;
    this.#nowS = nowS;
    this.#rules = rules;
  }

  /** Answers a body of `add-checkpoint`. */
  addCheckpoint(body: string): WitnessAnswer {
    let request: WitnessRequest;
    let claimed: Checkpoint;
    try {
      request = parseWitnessRequest(body);
      claimed = parseCheckpoint(request.note.slice(0, request.note.lastIndexOf("\n\n") + 1));
    } catch {
      return answer(400);
    }
    const keys = this.#logs.filter((vkey) => claimed.origin.startsWith(`${parseVkey(vkey).name}/`));
    if (keys.length === 0) return answer(404);
    if (!keys.some((vkey) => isSignedBy(request.note, vkey))) return answer(403);
    if (request.oldSize > claimed.size) return answer(400);
    return this.#judge(request, claimed);
  }

  #judge({ oldSize, proof, note }: WitnessRequest, claimed: Checkpoint): WitnessAnswer {
    const { origin, size, root } = claimed;
    const seen = this.#seen.load(origin) ?? { size: 0, root: emptyRoot().toString("hex"), note: null };
    const seenRoot = Buffer.from(seen.root, "hex");
    const isOther = size === seen.size && !root.equals(seenRoot);
    if (isOther) this.#seen.keepContradiction(origin, { seen: seen.note, other: note, proof: [] });
    if (oldSize !== seen.size) return answer(409, `${seen.size}\n`, "text/x.tlog.size");
    if (isOther) return answer(409);
    const follows = seen.size === 0 ? proof.length === 0 : this.#rules.consistency({ size1: seen.size, size2: size, root1: seenRoot, root2: root, proof });
    if (!follows) {
      // A proof that is merely wrong shows nothing of its sender. One that gives this tree, and another root where the witness saw one, does.
      const shown = prefixRootIn({ size1: seen.size, size2: size, root2: root, proof });
      if (shown?.equals(seenRoot) === false) this.#seen.keepContradiction(origin, { seen: seen.note, other: note, proof });
      return answer(422);
    }
    this.#seen.save(origin, { size, root: root.toString("hex"), note });
    return answer(200, cosign(checkpointText(claimed), this.#signer, this.#nowS()));
  }
}
