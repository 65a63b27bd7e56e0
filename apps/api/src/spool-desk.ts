import { type EventLog, type HandedOver, HandOver, type RequestSpool, type SpoolState, type TokenVerifier } from "@sallyport/api";
import type { Custodian, CustodianStatus } from "@sallyport/custody";
import { openSpool, rewrapBook, type Spool, SPOOL_LIMITS, type SpoolLimits, type SpoolParts, type Taken } from "@sallyport/custody/spool";
import { codeOf, SallyportError } from "@sallyport/errors";

/** How this process keeps what callers hand over. */
export interface SpoolSettings {
  /** Its folder; nobody else's. */
  readonly folder: string;
  readonly limits?: SpoolLimits;
  /** How long everything has to have been well before anything is replayed; ten seconds if absent. */
  readonly holdMs?: number;
  /** For tests that show what each rule is for, and of disks that are full. */
  readonly parts?: Pick<SpoolParts, "rules" | "files">;
}

/** What the opening found that people have to know of; the rounds put it on record. */
export interface SpoolFinding {
  readonly reason: "set_aside" | "strays";
  readonly detail: string;
}

export interface SpoolDeskDeps {
  /** Null where there is to be none. */
  readonly settings: SpoolSettings | null;
  readonly custodian: Pick<Custodian, "wrap" | "unwrap" | "rotate">;
  /** As the custodian said last. */
  readonly status: () => Pick<CustodianStatus, "spoolRecipient" | "keks">;
  readonly now: () => number;
  readonly log: EventLog;
}

const UNWRAP_MS = 2000;

/** This node's spool, and how it stands; without one, or while it can't be opened, everything is as if none were set up. */
export class SpoolDesk implements RequestSpool {
  readonly #deps: SpoolDeskDeps;
  #spool: Spool | null = null;
  #findings: readonly SpoolFinding[] = [];
  #keyedUnder: string | null = null;
  #isKeyFailing = false;
  #isWell = false;

  private constructor(deps: SpoolDeskDeps) {
    this.#deps = deps;
  }

  /** One that was opened. Never throws: a service that can't keep anything for later still serves. */
  static async opened(deps: SpoolDeskDeps): Promise<SpoolDesk> {
    const desk = new SpoolDesk(deps);
    await desk.#open();
    return desk;
  }

  async #open(): Promise<void> {
    const { settings, custodian, status, now, log } = this.#deps;
    if (settings === null) return;
    const { folder, limits, parts } = settings;
    try {
      const { spool, setAside, strays } = await openSpool({ folder, recipient: status().spoolRecipient, now, ...(limits !== undefined && { limits }), ...parts }, custodian);
      this.#spool = spool;
      this.#findings = [
        ...(setAside === null ? [] : [{ reason: "set_aside" as const, detail: `folder=${setAside}` }]),
        ...(strays === 0 ? [] : [{ reason: "strays" as const, detail: `files=${strays}` }]),
      ];
      for (const { reason, detail } of this.#findings) log.event("spool.found", { reason, detail });
    } catch (error) {
      log.event("spool.closed", { code: codeOf(error) });
    }
  }

  /** Keeps the book's key under the key-encryption key in use, so that it opens at the next start. Never throws: what couldn't be done is met again at the next round. */
  async keepKey(): Promise<void> {
    const { settings, custodian, status, log } = this.#deps;
    const { active } = status().keks;
    if (settings === null || this.#spool === null || this.#keyedUnder === active) return;
    try {
      await rewrapBook(settings.folder, custodian);
      this.#keyedUnder = active;
      this.#isKeyFailing = false;
    } catch (error) {
      if (!this.#isKeyFailing) log.event("spool.key_failed", { code: codeOf(error) });
      this.#isKeyFailing = true;
    }
  }

  /** What the listener hands over to; where no spool is set up, nothing is taken. */
  handOver(tokens: TokenVerifier): HandOver {
    return new HandOver({ tokens, spool: this.#deps.settings === null ? null : this });
  }

  /** Null where there is none to replay. */
  get current(): Spool | null {
    return this.#spool;
  }

  /** What was found at the opening; each is handed out until it was said to be on record. */
  get findings(): readonly SpoolFinding[] {
    return this.#findings;
  }
  recorded(finding: SpoolFinding): void {
    this.#findings = this.#findings.filter((each) => each !== finding);
  }

  get limits(): SpoolLimits {
    return this.#deps.settings?.limits ?? SPOOL_LIMITS;
  }

  get holdMs(): number {
    return this.#deps.settings?.holdMs ?? 10_000;
  }

  holdsOf(workload: string): boolean {
    return this.#spool?.holdsOf(workload) === true;
  }

  async take(request: HandedOver): Promise<{ readonly receipt: string }> {
    if (this.#spool === null) throw new SallyportError("service.unavailable", { spool: "closed" });
    return this.#spool.take(request);
  }

  /** The input of one that waits, by the custodian's key. @throws `phi.integrity`, `keys.unavailable`. */
  async input(spool: Spool, taken: Taken): Promise<unknown> {
    const text = await spool.open(taken, async (wrapped) => {
      const [key] = await this.#deps.custodian.unwrap([{ context: { purpose: "spooled", id: taken.receipt, study: "-", site: "-" }, wrapped }], UNWRAP_MS);
      if (key === undefined) throw new SallyportError("keys.unavailable");
      return key;
    });
    return JSON.parse(text) as unknown;
  }

  state(): SpoolState {
    const { requests: requestsMax, bytes: bytesMax } = this.limits;
    const waiting = this.#spool?.waiting() ?? [];
    const bytes = waiting.reduce((sum, each) => sum + each.bytes, 0);
    const opened = this.#spool?.isBroken === true ? "broken" : waiting.length >= requestsMax || bytes >= bytesMax ? "full" : "open";
    const state = this.#deps.settings === null ? "off" : this.#spool === null ? "closed" : opened;
    return { state, waiting, requestsMax, bytesMax, isWell: this.#isWell };
  }

  /** Puts down whether everything is well that a replay rests on. */
  found(isWell: boolean): void {
    this.#isWell = isWell;
  }

  async close(): Promise<void> {
    await this.#spool?.close().catch(() => undefined);
  }
}
