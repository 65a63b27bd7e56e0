import type { Anchor, AnchorPlan } from "@sallyport/anchors";
import type { AnchorState, EventLog } from "@sallyport/api";
import { type Head, type RecordDraft, type TileSource, TreeProver, verifyConsistency } from "@sallyport/audit";
import type { AnchorStore, CheckpointStore, StoredCheckpoint, TreeStore } from "@sallyport/db";
import { codeOf, type ErrorCode, SallyportError } from "@sallyport/errors";

export interface AnchorDeskDeps {
  /** Null where nothing is anchored. */
  readonly plan: Pick<AnchorPlan, "mode" | "unanchoredSecondsMax"> | null;
  readonly anchors: readonly Anchor[];
  readonly heads: () => Promise<readonly Head[]>;
  readonly checkpoints: Pick<CheckpointStore, "latest" | "covering">;
  readonly store: Pick<AnchorStore, "insert" | "standing">;
  readonly trees: Pick<TreeStore, "tiles">;
  readonly log: EventLog;
  readonly now: () => number;
}

type Standing = ReadonlyMap<string, { readonly generation: number; readonly size: number; readonly atMs: number }>;

interface Failure {
  readonly anchor: Anchor;
  readonly chain: string;
  readonly code: ErrorCode;
  /** What an anchor refused, in a word; `-` where nothing says. */
  readonly why: string;
  /** The day on which this was put on record, as far as it belongs there. */
  recordedOn: string | null;
}

/** What came of asking an anchor for a chain's newest checkpoint. Of one that wasn't reached, nothing else is asked in the same round. */
type Asked = "held" | "failed" | "unreached";

/**
 * Has each chain's newest checkpoint held by each anchor, and says how wide the window is that nobody else has. A witness or a folder keeps us from taking
 * a checkpoint back; a time stamp shows when it was there, and counts as an anchor only where there is no other.
 */
export class AnchorDesk {
  readonly #deps: AnchorDeskDeps;
  /** Why an anchor doesn't have a chain's newest checkpoint, by anchor and chain: from the first failure until it has it. */
  readonly #failures = new Map<string, Failure>();
  /** What is being asked of an anchor for a chain, and what is asked next for everybody who came meanwhile. */
  readonly #asking = new Map<string, Promise<Asked>>();
  readonly #waiting = new Map<string, Promise<Asked>>();
  /** When the oldest checkpoint was signed that no anchor has; null where there is none. */
  #openSinceMs: number | null = null;

  constructor(deps: AnchorDeskDeps) {
    this.#deps = deps;
  }

  /** Anchors what isn't anchored yet, and measures. Never throws. */
  async run(): Promise<void> {
    const { anchors, heads, log } = this.#deps;
    if (anchors.length === 0) return;
    try {
      const chains = (await heads()).filter(({ seq }) => seq > 0);
      await Promise.all(anchors.map((anchor) => this.#anchorAll(anchor, chains)));
      await this.measure();
    } catch (error) {
      log.event("anchor.failed", { anchor: "-", code: codeOf(error) });
    }
  }

  /** Reads how far the anchors are, without asking them. */
  async measure(): Promise<void> {
    const { anchors, heads, checkpoints } = this.#deps;
    if (anchors.length === 0) return;
    const chains = (await heads()).filter(({ seq }) => seq > 0);
    const farthest = await this.#farthest(chains);
    let openSinceMs: number | null = null;
    for (const { chain, generation } of chains) {
      const size = farthest.get(chain) ?? 0;
      const first = await checkpoints.covering(chain, generation, size + 1);
      if (first !== null && (openSinceMs === null || first.storedAtMs < openSinceMs)) openSinceMs = first.storedAtMs;
    }
    this.#openSinceMs = openSinceMs;
  }

  /** Before an act whose evidence has to be kept elsewhere. @throws SallyportError `trail.unanchored` where that is required and has failed for too long. */
  assertWithin(): void {
    if (this.#deps.plan?.mode === "required" && this.isBehind()) throw new SallyportError("trail.unanchored");
  }

  /** Whether no anchor has taken a checkpoint for longer than is set, whether or not acts wait for that. */
  isBehind(): boolean {
    const { plan, now } = this.#deps;
    return plan !== null && this.#openSinceMs !== null && now() - this.#openSinceMs > plan.unanchoredSecondsMax * 1000;
  }

  /**
   * Puts on record what anchors refuse: once, and once a day for as long as it lasts, by each node that meets it. That an anchor knows of another history is all that shows a database
   * and a custodian that were put back together. Never throws: what can't be recorded now is met again at the next round.
   */
  async report(append: (draft: RecordDraft) => Promise<unknown>): Promise<void> {
    const day = new Date(this.#deps.now()).toISOString().slice(0, 10);
    for (const failure of this.#failures.values()) {
      if (failure.code !== "anchor.refused" || failure.recordedOn === day) continue;
      failure.recordedOn = await append(refusalRecord(failure, day)).then(
        () => day,
        () => failure.recordedOn,
      );
    }
  }

  /** Where acts wait for it: has these chains' newest checkpoints anchored now. Answers, by chain, the names of the anchors that have it; none is no failure within the limit. */
  async holdNow(chains: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const { plan, anchors, heads } = this.#deps;
    if (plan?.mode !== "required") return new Map();
    const wanted = (await heads()).filter(({ chain }) => chains.includes(chain));
    const held = await Promise.all(
      anchors.map(async (anchor) => {
        const names = await this.#anchorAll(anchor, wanted);
        return names.map((chain) => ({ chain, name: anchor.name }));
      }),
    );
    return new Map(chains.map((chain) => [chain, held.flat().flatMap((each) => (each.chain === chain ? [each.name] : []))]));
  }

  /** Has the witnesses cosign a chain's newest checkpoint now. Where one can't, that is told as at every round, and nothing fails. */
  async cosignNow(chain: string): Promise<void> {
    const wanted = (await this.#deps.heads()).filter((head) => head.chain === chain);
    await Promise.all(this.#deps.anchors.filter(({ kind }) => kind === "witness").map((anchor) => this.#anchorAll(anchor, wanted)));
  }

  /** How far each anchor has each of these chains. */
  async states(chains: readonly string[]): Promise<ReadonlyMap<string, readonly AnchorState[]>> {
    const { anchors } = this.#deps;
    const standings = await Promise.all(anchors.map(async (anchor) => ({ anchor, standing: await this.#standing(anchor, chains) })));
    return new Map(
      chains.map((chain) => [
        chain,
        standings.map(({ anchor, standing }) => {
          const { kind, name } = anchor;
          const at = standing.get(chain);
          return {
            kind,
            name,
            size: at?.size ?? 0,
            at: at === undefined ? null : new Date(at.atMs).toISOString(),
            failure: this.#failures.get(keyOf(anchor, chain))?.code ?? null,
          };
        }),
      ]),
    );
  }

  /** The chains whose newest checkpoint the anchor has now. */
  async #anchorAll(anchor: Anchor, heads: readonly Head[]): Promise<readonly string[]> {
    const standing = await this.#standing(
      anchor,
      heads.map(({ chain }) => chain),
    );
    const held: string[] = [];
    let isReached = true;
    for (const { chain, generation } of heads) {
      const checkpoint = await this.#deps.checkpoints.latest(chain, generation);
      if (checkpoint === null || checkpoint.size === 0) continue;
      if (anchoredOf(standing, chain, generation) >= checkpoint.size) {
        // It has everything, whoever brought it there: what failed before is over.
        this.#failures.delete(keyOf(anchor, chain));
        held.push(chain);
      } else if (isReached) {
        const asked = await this.#ask(anchor, chain, generation);
        if (asked === "held") held.push(chain);
        isReached = asked !== "unreached";
      } else {
        this.#fail(anchor, chain, new SallyportError("anchor.unavailable"));
      }
    }
    return held;
  }

  /** Asks for one chain, once at a time: a witness that is asked twice beside itself tells one of the two that it is ahead of it. Who comes meanwhile shares the next turn. */
  #ask(anchor: Anchor, chain: string, generation: number): Promise<Asked> {
    const turn = `${keyOf(anchor, chain)} ${generation}`;
    const begin = (): Promise<Asked> => {
      this.#waiting.delete(turn);
      const asking = this.#hold(anchor, chain, generation).finally(() => this.#asking.delete(turn));
      this.#asking.set(turn, asking);
      return asking;
    };
    const waiting = this.#waiting.get(turn);
    if (waiting !== undefined) return waiting;
    const asking = this.#asking.get(turn);
    if (asking === undefined) return begin();
    const next = asking.then(begin);
    this.#waiting.set(turn, next);
    return next;
  }

  /** Has the chain's newest checkpoint held, unless it is. Never throws. */
  async #hold(anchor: Anchor, chain: string, generation: number): Promise<Asked> {
    const { checkpoints, log } = this.#deps;
    try {
      for (let isHeld = false; !isHeld; ) {
        const checkpoint = await checkpoints.latest(chain, generation);
        const anchored = anchoredOf(await this.#standing(anchor, [chain]), chain, generation);
        isHeld = checkpoint === null || anchored >= checkpoint.size || (await this.#bring(anchor, checkpoint, anchored));
      }
      this.#failures.delete(keyOf(anchor, chain));
      return "held";
    } catch (error) {
      // Once until it changes: what goes on for hours is one line, not a thousand.
      if (this.#fail(anchor, chain, error)) log.event("anchor.failed", { anchor: anchor.name, chain, code: codeOf(error) });
      return error instanceof SallyportError && error.context["why"] === "unreached" ? "unreached" : "failed";
    }
  }

  /** Brings a checkpoint there. False where the anchor has a larger one of ours already: another node's, of just now, and that is the newest then. */
  async #bring(anchor: Anchor, checkpoint: StoredCheckpoint, anchored: number): Promise<boolean> {
    const { checkpoints, store, trees } = this.#deps;
    const { chain, generation, size } = checkpoint;
    const { kind, name } = anchor;
    try {
      const evidence = await anchor.hold(checkpoint, { anchored, prove: (from) => proofFrom(from, checkpoint, trees.tiles(chain, generation)) });
      await store.insert({ chain, generation, size, kind, name, evidence });
      return true;
    } catch (error) {
      const newest = await checkpoints.latest(chain, generation);
      // Each time round there is a larger one to bring, so this ends.
      if (newest !== null && newest.size > size && newest.size >= sizeAhead(error)) return false;
      throw error;
    }
  }

  /** Keeps why it failed, and answers whether that is news. What an anchor refused isn't forgotten because it is away now. */
  #fail(anchor: Anchor, chain: string, error: unknown): boolean {
    const [key, code] = [keyOf(anchor, chain), codeOf(error)];
    const before = this.#failures.get(key)?.code;
    if (before === code || before === "anchor.refused") return false;
    const why = error instanceof SallyportError ? String(error.context["why"] ?? "-") : "-";
    this.#failures.set(key, { anchor, chain, code, why, recordedOn: null });
    return true;
  }

  async #standing({ kind, name }: Anchor, chains: readonly string[]): Promise<Standing> {
    return new Map((await this.#deps.store.standing(chains, kind, name)).map(({ chain, ...at }) => [chain, at]));
  }

  /** The size of each chain's open generation that an anchor which counts has. */
  async #farthest(heads: readonly Head[]): Promise<ReadonlyMap<string, number>> {
    const { anchors } = this.#deps;
    const holding = anchors.filter(({ kind }) => kind !== "timestamp");
    const chains = heads.map(({ chain }) => chain);
    const sizes = new Map<string, number>();
    for (const anchor of holding.length > 0 ? holding : anchors) {
      for (const [chain, { size }] of await this.#standing(anchor, chains)) sizes.set(chain, Math.max(size, sizes.get(chain) ?? 0));
    }
    return sizes;
  }
}

const keyOf = ({ kind, name }: Anchor, chain: string): string => `${kind} ${name} ${chain}`;

/** A refusal as it is on record; `request_id` has the day, so that it is told of once a day. */
const refusalRecord = ({ anchor: { kind, name }, chain, why }: Failure, day: string): RecordDraft => ({
  chain: "system",
  principal: "api",
  role: "-",
  workload: "api",
  action: "anchor.refused",
  resource: `anchor/${name}`,
  site: "-",
  decision: "note",
  reason: "refused",
  request_id: day,
  policy: "-",
  detail: `kind=${kind};chain=${chain};why=${why.replaceAll(" ", "_")}`,
});

/** The size that an anchor has of this generation; 0 for none. */
function anchoredOf(standing: Standing, chain: string, generation: number): number {
  const known = standing.get(chain);
  return known?.generation === generation ? known.size : 0;
}

/** The size at which an anchor says that it is, where it refuses a smaller one; infinite for any other failure. */
const sizeAhead = (error: unknown): number => (error instanceof SallyportError && error.context["why"] === "ahead" ? Number(error.context["size"]) : Number.POSITIVE_INFINITY);

/**
 * The proof that a checkpoint follows from a size, of the stored hashes. They aren't taken at their word: a wrong proof would look like another history.
 *
 * @throws SallyportError `trail.unprovable` where they don't give what the checkpoint signs.
 */
async function proofFrom(from: number, { chain, generation, size, root }: StoredCheckpoint, tiles: TileSource): Promise<readonly Buffer[]> {
  if (from === size) return [];
  const [proof, root1] = await Promise.all([new TreeProver(tiles, size).consistency(from), new TreeProver(tiles, from).root()]).catch((error: unknown) => {
    throw error instanceof RangeError ? new SallyportError("trail.unprovable", { chain, generation, seq: size }, error) : error;
  });
  if (!verifyConsistency({ size1: from, size2: size, root1, root2: Buffer.from(root, "hex"), proof }))
    throw new SallyportError("trail.unprovable", { chain, generation, seq: size });
  return proof;
}
