import { setTimeout as sleep } from "node:timers/promises";
import { type Connection, SallyportClientError, type WatchEvent } from "@sallyport/client";
import type { Portal } from "@sallyport/delivery";
import { catalog, codeOf } from "@sallyport/errors";
import { type RouteSettings, sendingMs } from "@sallyport/outbox";
import { RouteWatch } from "./route-watch.ts";

/** What an item has come to, each told when it is so and before what comes next is begun. */
export type Step = "claimed" | "begun" | "first-bytes" | "delivered" | "settled" | "asked" | "answered";

/** All that the egress process works with. It has no database, no plaintext, and no key but its own and its routes'. */
export interface EgressParts {
  readonly connection: Pick<Connection, "api" | "watch">;
  readonly portalOf: (settings: RouteSettings) => Portal;
  /** Told of every step, with the item's id. */
  readonly tell: (itemId: string, step: Step) => void;
  /** An allow-list log: a name, and ids and words. */
  readonly log: (event: string, facts: Readonly<Record<string, string | number>>) => void;
  /** Milliseconds between two looks at a route; a quarter of a minute if absent. */
  readonly lookMs?: number;
}

type Work = NonNullable<Awaited<ReturnType<Connection["api"]["outbox"]["claim"]["mutate"]>>["work"]>;

/** Packets on their way at once: a long one doesn't keep the others. */
const AT_ONCE = 4;
const AGAIN_MS = 1000;
const LOOK_MS = 15_000;
/** A route that two processes see differently is on record this often. */
const SAY_AGAIN_MS = 15 * 60_000;
/** A change may wait for the trail's next round, and no longer. */
const CALL_MS = 30_000;
/** A transport gives up so long before its attempt's time is over. */
const SPARE_MS = 30_000;

/** Takes up what is due, hands it over, asks about what is in doubt, and looks after the routes, for as long as it isn't told to stop. */
export class Egress {
  readonly #parts: EgressParts;
  readonly #routes: RouteWatch;
  readonly #under = new Set<Promise<void>>();

  constructor(parts: EgressParts) {
    this.#parts = parts;
    const { connection, portalOf, log, lookMs = LOOK_MS } = parts;
    const report = async (routeId: string, failure: string | null): Promise<void> => {
      await connection.api.outbox.report.mutate({ routeId, failure }, { context: { deadlineMs: CALL_MS } });
    };
    this.#routes = new RouteWatch({ portalOf, report, log, lookMs, againMs: SAY_AGAIN_MS });
  }

  /** Works until the signal, then lets what is under way end. An api that is away is waited for. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const event of this.#parts.connection.watch("outbox.watch", {}, { signal })) await this.#take(event, signal);
      } catch (error) {
        if (!signal.aborted) this.#parts.log("egress.waiting", { code: codeOf(error) });
      }
      await sleep(AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
    this.#routes.stop();
    await Promise.all(this.#under);
  }

  /** One piece of work at a time until there is none: for whoever drives it by hand. Answers whether there was any. */
  async step(): Promise<boolean> {
    const work = await this.#claim();
    if (work === null) return false;
    await this.#do(work);
    return true;
  }

  /** Looks at these routes now. */
  look(routes: WatchEvent<"outbox.watch">["routes"]): Promise<void> {
    return this.#routes.take(routes);
  }

  async #take({ due, routes }: WatchEvent<"outbox.watch">, signal: AbortSignal): Promise<void> {
    void this.#routes.take(routes);
    for (let left = due; left > 0 && !signal.aborted; left -= 1) {
      if (this.#under.size >= AT_ONCE) await Promise.race(this.#under);
      const work = await this.#claim();
      if (work === null) return;
      const doing = this.#do(work).finally(() => this.#under.delete(doing));
      this.#under.add(doing);
    }
  }

  async #claim(): Promise<Work | null> {
    const { work } = await this.#parts.connection.api.outbox.claim.mutate({}, { context: { deadlineMs: CALL_MS } });
    return work;
  }

  /** Never throws: what can't be said now, the attempt's time says. */
  async #do(work: Work): Promise<void> {
    try {
      if (work.kind === "deliver") await this.#deliver(work);
      if (work.kind === "ask") await this.#ask(work);
    } catch (error) {
      this.#parts.log("egress.unsettled", { item: work.itemId, attempt: work.attempt, code: codeOf(error) });
    }
  }

  async #deliver({ itemId, attempt, idempotencyKey, sha256, length, route }: Work): Promise<void> {
    const { connection, portalOf, tell, log } = this.#parts;
    tell(itemId, "claimed");
    const deadlineMs = sendingMs(length) - SPARE_MS;
    const { said, receipt } = await portalOf(route).deliver({
      idempotencyKey,
      sha256,
      length,
      attempt,
      deadlineMs,
      begin: async () => {
        await connection.api.outbox.begin.mutate({ itemId, attempt }, { context: { deadlineMs: CALL_MS } });
        tell(itemId, "begun");
      },
      bytes: () => this.#bytes(itemId, attempt, deadlineMs),
    });
    tell(itemId, "delivered");
    await this.#settle({ itemId, attempt, asked: false, kind: said.kind, ...("failure" in said && { failure: said.failure }), ...(receipt !== null && { receipt }) });
    tell(itemId, "settled");
    log("egress.delivered", { item: itemId, attempt, route: route.name, outcome: said.kind });
  }

  async #ask({ itemId, attempt, idempotencyKey, sha256, length, route }: Work): Promise<void> {
    const { portalOf, tell, log } = this.#parts;
    const { said, receipt } = await portalOf(route).ask({ idempotencyKey, sha256, length, attempt });
    tell(itemId, "asked");
    await this.#settle({ itemId, attempt, asked: true, kind: said.kind, ...("failure" in said && { failure: said.failure }), ...(receipt !== null && { receipt }) });
    tell(itemId, "answered");
    log("egress.asked", { item: itemId, attempt, route: route.name, answer: said.kind });
  }

  async #settle({ receipt, ...settled }: Omit<Parameters<Connection["api"]["outbox"]["settle"]["mutate"]>[0], "receipt"> & { readonly receipt?: Buffer }): Promise<void> {
    const input = { ...settled, ...(receipt !== undefined && { receipt: receipt.toString("base64") }) };
    await this.#parts.connection.api.outbox.settle.mutate(input, { context: { deadlineMs: CALL_MS } });
  }

  /**
   * The sealed bytes as the api hands them out, for as long as the attempt has. A watch ends with its token or its connection, some minutes after it was
   * opened: then it is opened again where it ended, and the api looks once more whether this attempt may.
   */
  async *#bytes(itemId: string, attempt: number, deadlineMs: number): AsyncGenerator<Uint8Array> {
    const signal = AbortSignal.timeout(deadlineMs);
    let at = 0;
    for (let isOver = false; !isOver; ) {
      try {
        for await (const { from, content } of this.#parts.connection.watch("outbox.bytes", { itemId, attempt, from: at }, { signal })) {
          if (from !== at) throw new RangeError("a piece is missing");
          const piece = Buffer.from(content, "base64");
          yield piece;
          if (at === 0) this.#parts.tell(itemId, "first-bytes");
          at += piece.length;
        }
        isOver = true;
      } catch (error) {
        if (!mayGoOn(error)) throw error;
        this.#parts.log("egress.interrupted", { item: itemId, attempt, code: error.code, at });
        await sleep(AGAIN_MS, undefined, { signal });
      }
    }
  }
}

/** Whether what ended a watch is over with the next one. */
const mayGoOn = (error: unknown): error is SallyportClientError => error instanceof SallyportClientError && (catalog[error.code].retry || error.code === "token.time");
