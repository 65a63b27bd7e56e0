import { setTimeout as sleep } from "node:timers/promises";
import { SallyportError } from "@sallyport/errors";
import type { ChannelMessage, ReadyProcess } from "./child-process.ts";
import { type Deployment, deploymentOf } from "./deployment.ts";
import type { Keeper } from "./keeper.ts";

/** How one of two custodians stands: it serves, it waits, it waits and couldn't take over, or it should wait and says nothing. */
export interface CustodianStanding {
  readonly role: "active" | "waiting" | "blocked" | "silent";
  /** What blocks it; null otherwise. */
  readonly code: string | null;
}

export interface CustodiansParts {
  /** Whether a second one waits beside the first. */
  readonly hasStandby: boolean;
  readonly expected: Deployment;
  /** Makes what keeps a process of this name running. */
  readonly keep: (name: string, launch: () => Promise<ReadyProcess>) => Keeper<ReadyProcess>;
  readonly launch: (name: string) => Promise<ReadyProcess>;
  /** Hears of each custodian that was started, before it is asked anything. */
  readonly attach: (custodian: ReadyProcess) => void;
  readonly report: (line: string) => void;
}

const SERVING_MS = 60_000;
/** One that waits says so every two seconds. */
const SILENCE_MS = 10_000;
const LOOK_MS = 50;

/** The custodian, and its standby where there is one: two processes of one program, of which one serves. Which of them that is, is theirs to say. */
export class Custodians {
  readonly #parts: CustodiansParts;
  readonly #keepers: readonly Keeper<ReadyProcess>[];
  readonly #standings = new Map<ReadyProcess, CustodianStanding & { readonly heardMs: number }>();
  #active: ReadyProcess | null = null;

  constructor(parts: CustodiansParts) {
    this.#parts = parts;
    this.#keepers = (parts.hasStandby ? ["custodian", "custodian-b"] : ["custodian"]).map((name) => parts.keep(name, () => this.#launch(name)));
  }

  /** The one that serves, or null. */
  get active(): ReadyProcess | null {
    return this.#active;
  }

  /** How the one of this name stands; null where there is no standby, or it isn't running. */
  standingOf(name: string): CustodianStanding | null {
    const current = this.#keepers.find((keeper) => keeper.name === name)?.current ?? null;
    const heard = current === null ? undefined : this.#standings.get(current);
    if (!this.#parts.hasStandby || heard === undefined) return null;
    const { role, code, heardMs } = heard;
    return role !== "active" && performance.now() - heardMs > SILENCE_MS ? { role: "silent", code: null } : { role, code };
  }

  /** Starts them; done when one serves. @throws SallyportError as the first one's start; `service.unavailable` where none serves in time. */
  async start(): Promise<void> {
    for (const keeper of this.#keepers) await keeper.start();
    // Both wait where one of before is still ending.
    for (const untilMs = performance.now() + SERVING_MS; this.#active === null; await sleep(LOOK_MS))
      if (performance.now() > untilMs) throw new SallyportError("service.unavailable", { process: "custodian", reason: "neither of the two serves; see their logs" });
  }

  /** Stops the one that waits, so that it doesn't take over from one that is stopped. */
  async stopWaiting(): Promise<void> {
    for (const keeper of this.#keepers) if (this.standingOf(keeper.name)?.role !== "active" && this.#parts.hasStandby) await keeper.stop();
  }

  async #launch(name: string): Promise<ReadyProcess> {
    const custodian = await this.#parts.launch(name);
    void custodian.ended.then(() => {
      this.#standings.delete(custodian);
      if (this.#active === custodian) this.#active = null;
    });
    custodian.onMessage((message) => this.#hear(name, custodian, message));
    this.#parts.attach(custodian);
    if (custodian.hello["type"] === "ready" && this.#active !== custodian) {
      await custodian.stop();
      throw this.#foreign(custodian.hello);
    }
    return custodian;
  }

  #hear(name: string, custodian: ReadyProcess, message: ChannelMessage): void {
    const heardMs = performance.now();
    if (message.type === "standby") this.#standings.set(custodian, { role: message["state"] === "waiting" ? "waiting" : "blocked", code: textOf(message["code"]), heardMs });
    // It has the store already; the one that hangs is ended before it reads it, so that no write of that one's is under way any more.
    if (message.type === "taking") for (const { current } of this.#keepers) if (current !== null && current !== custodian) current.kill();
    if (message.type !== "ready") return;
    if (deploymentOf(message).deployment !== this.#parts.expected.deployment) return custodian.kill();
    if (this.#standings.has(custodian)) this.#parts.report(`${name} has taken over`);
    this.#standings.set(custodian, { role: "active", code: null, heardMs });
    this.#active = custodian;
  }

  #foreign(hello: Readonly<Record<string, unknown>>): SallyportError {
    const { deployment: found } = deploymentOf(hello);
    return new SallyportError("custodian.store", { expected: this.#parts.expected.deployment, found, reason: "the custodian's store is another deployment's" });
  }
}

const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);
