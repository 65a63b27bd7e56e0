import type { EventLog, Trail } from "@sallyport/api";
import { canonicalJson, sha256Hex } from "@sallyport/crypto";
import { codeOf } from "@sallyport/errors";
import type { Head } from "@sallyport/audit";
import type { TreeStore } from "@sallyport/db";
import type { Checkpointing } from "./evidence.ts";

const IDLE_MS = 15 * 60_000;

export interface RoundDeps<Tx> {
  readonly heads: () => Promise<readonly Head[]>;
  readonly checkpoint: Checkpointing;
  readonly trees: Pick<TreeStore, "extend">;
  readonly trail: Trail<Tx>;
  readonly log: EventLog;
  readonly now: () => number;
}

/**
 * Has every chain that grew since the last round checkpointed, so that at most one round passes between an append and its checkpoint.
 * When nothing grew for a quarter of an hour, one record in `system` cites all heads and is signed alone: silence can be proven.
 */
export class CheckpointRounds<Tx> {
  readonly #deps: RoundDeps<Tx>;
  readonly #signed = new Map<string, string>();
  #grewMs: number;

  constructor(deps: RoundDeps<Tx>) {
    this.#deps = deps;
    this.#grewMs = deps.now();
  }

  /** Runs one round. Never throws: the next round comes soon, and health tells of a trail that can't be signed. */
  async run(): Promise<void> {
    const { heads, log, now } = this.#deps;
    try {
      const standing = await heads();
      const grown = standing.filter((head) => head.seq > 0 && this.#signed.get(head.chain) !== stateOf(head));
      if (grown.length > 0) {
        this.#grewMs = now();
        for (const head of grown) await this.#sign(head);
      } else if (now() - this.#grewMs >= IDLE_MS) {
        this.#grewMs = now();
        await this.#citeAll(standing);
      }
    } catch {
      log.event("checkpoint.failed", { chain: "-" });
    }
  }

  /** One chain that can't be signed, because it is broken, say, doesn't keep the others from it. */
  async #sign(head: Head): Promise<void> {
    try {
      const { checkpoint, trees } = this.#deps;
      for (const { chain, generation, size } of await checkpoint([head.chain])) await trees.extend(chain, generation, size);
      this.#signed.set(head.chain, stateOf(head));
    } catch (error) {
      this.#deps.log.event("checkpoint.failed", { chain: head.chain, code: codeOf(error) });
    }
  }

  async #citeAll(heads: readonly Head[]): Promise<void> {
    const cited = sha256Hex(canonicalJson(heads.map(({ chain, generation, seq, mac }) => ({ chain, generation, seq, mac }))));
    await this.#deps.trail.append({
      chain: "system",
      principal: "api",
      role: "-",
      workload: "api",
      action: "trail.idle",
      resource: "trail",
      site: "-",
      decision: "note",
      reason: "idle",
      request_id: "-",
      policy: "-",
      detail: `heads=${cited};chains=${heads.length}`,
    });
    await this.#deps.checkpoint(["system"]);
  }
}

const stateOf = ({ generation, seq }: Head): string => `${generation}/${seq}`;
