import type { DoorReport } from "./door-report.ts";
import { type DoorState, type LampState, PILLARS, type PillarName, type SigningKeys, type StatusAnswer } from "./status-answer.ts";

/** How long one look serves everyone who asks; the page asks each five seconds. */
const FRESH_MS = 1000;

interface Seen<State> {
  readonly state: State;
  readonly since: string;
}

/**
 * Answers for the door's state to any number of viewers with at most one look a second at the api, and remembers since when things are
 * as they are. The answer is the same for everybody, so it may be shared; anything behind a login may not.
 */
export class StatusDesk {
  readonly #look: () => Promise<DoorReport>;
  readonly #now: () => number;
  readonly #lamps = new Map<PillarName, Seen<LampState>>();
  #door: Seen<DoorState> | null = null;
  #about: DoorReport["about"] = null;
  #answer: StatusAnswer | null = null;
  #freshUntil = 0;
  #pending: Promise<StatusAnswer> | null = null;

  /** @param look - asks the api; it must not reject. */
  constructor(look: () => Promise<DoorReport>, now: () => number = Date.now) {
    this.#look = look;
    this.#now = now;
  }

  /** The state as of at most a second ago. Safe to call concurrently. */
  read(): Promise<StatusAnswer> {
    if (this.#answer !== null && this.#now() < this.#freshUntil) return Promise.resolve(this.#answer);
    this.#pending ??= this.#look()
      .then((report) => this.#take(report))
      .finally(() => {
        this.#pending = null;
      });
    return this.#pending;
  }

  #take(report: DoorReport): StatusAnswer {
    const at = new Date(this.#now()).toISOString();
    if (this.#door?.state !== report.state) this.#door = { state: report.state, since: at };
    for (const pillar of PILLARS) {
      if (this.#lamps.get(pillar)?.state !== report.lamps[pillar]) this.#lamps.set(pillar, { state: report.lamps[pillar], since: at });
    }
    // Without the custodian the api can't name the key; it is the same key as before, so it stays on the page.
    if (report.about !== null) this.#about = { ...report.about, ...(report.about.fingerprint === null && this.#known(report.about.deployment)) };
    this.#answer = {
      state: report.state,
      source: report.source,
      since: this.#door.since,
      pillars: PILLARS.map((pillar) => ({ pillar, state: report.lamps[pillar], since: this.#lamps.get(pillar)?.since ?? at })),
      deployment: this.#about?.deployment ?? null,
      version: this.#about?.version ?? null,
      fingerprint: this.#about?.fingerprint ?? null,
      before: this.#about?.before ?? [],
      next: this.#about?.next ?? null,
      checkedAt: at,
    };
    this.#freshUntil = this.#now() + FRESH_MS;
    return this.#answer;
  }

  #known(deployment: string): SigningKeys | null {
    if (this.#about?.deployment !== deployment) return null;
    const { fingerprint, before, next } = this.#about;
    return { fingerprint, before, next };
  }
}
