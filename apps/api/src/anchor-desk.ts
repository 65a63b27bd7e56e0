import type { Anchor, AnchorPlan } from "@sallyport/anchors";
import type { AnchorState, EventLog } from "@sallyport/api";
import { TreeProver, type Head } from "@sallyport/audit";
import type { AnchorStore, CheckpointStore, StoredCheckpoint, TreeStore } from "@sallyport/db";
import { codeOf, SallyportError } from "@sallyport/errors";

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

/**
 * Has each chain's newest checkpoint held by each anchor, and says how wide the window is that nobody else has. A witness or a folder keeps us from taking
 * a checkpoint back; a time stamp shows when it was there, and counts as an anchor only where there is no other.
 */
export class AnchorDesk {
  readonly #deps: AnchorDeskDeps;
  /** Failures by anchor and chain that were told already. */
  readonly #told = new Set<string>();
  readonly #refusals = new Map<string, string>();
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
    const { plan, now } = this.#deps;
    if (plan?.mode !== "required" || this.#openSinceMs === null) return;
    if (now() - this.#openSinceMs > plan.unanchoredSecondsMax * 1000) throw new SallyportError("trail.unanchored");
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
        standings.map(({ anchor: { kind, name }, standing }) => {
          const at = standing.get(chain);
          return {
            kind,
            name,
            size: at?.size ?? 0,
            at: at === undefined ? null : new Date(at.atMs).toISOString(),
            failure: this.#refusals.get(`${kind} ${name} ${chain}`) ?? null,
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
    for (const { chain, generation } of heads) {
      const checkpoint = await this.#deps.checkpoints.latest(chain, generation);
      if (checkpoint === null || checkpoint.size === 0) continue;
      const known = standing.get(chain);
      const anchored = known?.generation === generation ? known.size : 0;
      if (anchored >= checkpoint.size || (await this.#hold(anchor, checkpoint, anchored))) held.push(chain);
    }
    return held;
  }

  async #hold(anchor: Anchor, checkpoint: StoredCheckpoint, anchored: number): Promise<boolean> {
    const { store, trees, log } = this.#deps;
    const { chain, generation, size } = checkpoint;
    const { kind, name } = anchor;
    const key = `${kind} ${name} ${chain}`;
    try {
      const prove = (from: number) => new TreeProver(trees.tiles(chain, generation), size).consistency(from);
      const evidence = await anchor.hold(checkpoint, { anchored, prove });
      await store.insert({ chain, generation, size, kind, name, evidence });
      this.#told.delete(key);
      this.#refusals.delete(key);
      return true;
    } catch (error) {
      const code = codeOf(error);
      this.#refusals.set(key, code);
      // Once until it succeeds again: what goes on for hours is one line, not a thousand.
      if (!this.#told.has(key)) log.event("anchor.failed", { anchor: name, chain, code });
      this.#told.add(key);
      return false;
    }
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
