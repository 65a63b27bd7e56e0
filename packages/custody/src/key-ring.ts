import { TOKEN_LIFETIME_SECONDS_MAX } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";

export const RING_NAMES = ["kek", "audit", "token", "sign", "ca"] as const;
export type RingName = (typeof RING_NAMES)[number];

/** In this order, of which `retiring` may become `active` again, and a `next` that was never used `destroyed`. */
export type KeyState = "next" | "active" | "retiring" | "retired" | "destroyed";

/** One key of a ring. Times in seconds since the epoch. */
export interface KeptKey {
  /** `<ring>-<n>`; a number is never given twice. */
  readonly id: string;
  readonly state: KeyState;
  /** Base64url; null once it is destroyed. Of an authority, its certificate and key (`newAuthoritySecret`). The key-encryption secret is sealed once more, under a key derived from the root key at each use. */
  readonly secret: string | null;
  /** The earliest at which it may be used. */
  readonly fromS: number;
  /** While it is retiring: what it made is accepted until then, and it isn't retired before. */
  readonly untilS: number | null;
  /** Of a signing key: its verifier key, which outlives its secret. */
  readonly vkey?: string;
}

/** A ring as the journal has it: one entry, so that a step is on disk as a whole or not at all. */
export interface KeyRing {
  readonly ring: RingName;
  /** How many steps it has taken. */
  readonly at: number;
  /** The one that brought it here; null before the first. */
  readonly last: RingStep | null;
  /** The oldest first. */
  readonly keys: readonly KeptKey[];
  /** Number of the event that tells of the latest step: in the same entry, so that a step that was cut off before its event is told when the store is opened. */
  readonly event?: number;
  /** Of the signing ring: of each key to another that took its place, the latest, the oldest of them first (docs/spec/handover-v1.md). Kept for good. */
  readonly handovers?: readonly string[];
}

/**
 * `add` makes the next key, `drop` takes it back, `activate` puts it in use, `revert` puts the one before in use again, `retire` ends the one
 * before, `reopen` takes that back for a key-encryption key, `destroy` forgets the secret of one that was retired.
 */
export const RING_STEPS = ["add", "drop", "activate", "revert", "retire", "reopen", "destroy"] as const;
export type RingStep = (typeof RING_STEPS)[number];

/** What a ring's keys are held to. */
export interface RingWindows {
  /**
   * Who has to have shown that they hold a key before it is used: tokens and notes are verified by nodes, certificates by every workload that has one, data keys
   * are opened by nobody but the custodian, and records are sealed and verified with the key by nobody else.
   */
  readonly heldBy: "nodes" | "workloads" | null;
  /** Whether a key that is retiring is over by its time, and not by a step alone. */
  readonly isOverByTime: boolean;
  /** How long after its making a key may be used at the earliest. */
  readonly leadS: number;
  /** How long the one before is accepted after another took its place. */
  readonly overlapS: number;
  /** It is overdue at this age, and when it was used so often. */
  readonly ageMaxS: number;
  readonly usesMax: number | null;
}

const DAY_S = 86_400;
/** A node hears of a change within a second; what is proven once must hold for as long as one that is slow may take. */
const MARGIN_S = 60;

/** By which times each ring turns. An hour is as long as a data key that was made may wait for its row (`sweepShares`). */
export const RING_WINDOWS: Readonly<Record<RingName, RingWindows>> = {
  token: { heldBy: "nodes", isOverByTime: true, leadS: MARGIN_S, overlapS: TOKEN_LIFETIME_SECONDS_MAX + MARGIN_S, ageMaxS: 90 * DAY_S, usesMax: null },
  kek: { heldBy: null, isOverByTime: false, leadS: 0, overlapS: 3600, ageMaxS: 365 * DAY_S, usesMax: 10_000_000 },
  // What was sealed with the one before is committed within seconds, or never.
  audit: { heldBy: null, isOverByTime: false, leadS: 0, overlapS: 900, ageMaxS: 365 * DAY_S, usesMax: null },
  // What states itself by the one before may be ended under it: an excerpt an hour after it was begun.
  sign: { heldBy: "nodes", isOverByTime: false, leadS: MARGIN_S, overlapS: 7200, ageMaxS: 2 * 365 * DAY_S, usesMax: null },
  // No connection of ours is older than ten minutes, so after the overlap none is left that was made with a certificate of the one before.
  ca: { heldBy: "workloads", isOverByTime: false, leadS: MARGIN_S, overlapS: 900, ageMaxS: 5 * 365 * DAY_S, usesMax: null },
};

/** What is so when a step is asked for. */
export interface RingFacts {
  readonly nowS: number;
  /** Of a key that is made now, as the journal keeps it. */
  readonly newSecret: () => string;
  /** Nodes that run, or workloads with a certificate, that haven't shown that they hold this key; null where that isn't known. */
  readonly lacking: (id: string) => readonly string[] | null;
  /**
   * How many data keys this key wraps, workloads have their certificates of it alone, or chains go on with it; before it is destroyed, generations are kept that it
   * verifies. Null where that isn't known.
   */
  readonly wraps: (id: string) => number | null;
  /** Whether two persons said that this is to be done with this key. */
  readonly isApproved: (id: string) => boolean;
}

/** The rings whose key in use changes by two persons' word alone, forward and back. */
const TAKES_TWO: ReadonlySet<RingName> = new Set(["audit", "sign"]);

/** What a step is held against, each by itself. A test that shows what one is for leaves it out; production takes {@link strictRingRules}. */
export interface RingRules {
  /** Every running node holds a key before it is used. */
  readonly held: boolean;
  /** A key isn't used before its window, nor retired before the end of its overlap. */
  readonly inWindow: boolean;
  /** A key under which data keys are wrapped, or with which a chain goes on, isn't retired; one that is needed to open or to verify isn't destroyed. */
  readonly unused: boolean;
  /** A secret is destroyed, and an audit or a signing key put in use, or turned back to, only where two persons said so. */
  readonly approved: boolean;
}
export const strictRingRules: RingRules = { held: true, inWindow: true, unused: true, approved: true };

/** A ring with its first key, in use from now on. */
export const firstRing = (ring: RingName, secret: string, fromS: number): KeyRing => ({
  ring,
  at: 0,
  last: null,
  keys: [{ id: `${ring}-1`, state: "active", secret, fromS, untilS: null }],
});

/** The one key of a ring in this state, of which there is at most one; undefined where there is none. */
const only = ({ keys }: KeyRing, state: "next" | "active" | "retiring"): KeptKey | undefined => keys.find((key) => key.state === state);

/** The key in use. @throws `custodian.store` where there is none. */
export function activeKey(ring: KeyRing | undefined): KeptKey & { readonly secret: string } {
  const key = ring === undefined ? undefined : only(ring, "active");
  if (key === undefined || key.secret === null) throw new SallyportError("custodian.store", { ring: ring?.ring ?? "none" });
  return { ...key, secret: key.secret };
}

/**
 * The ring after one step. It changes nothing by itself: whoever calls it keeps what it answers.
 *
 * @throws `keys.step` where the ring isn't where the step begins; `keys.unheld`, `keys.early`, `keys.in_use` for what isn't proven;
 * `approval.required` for a destruction, an audit or a signing key put in use or turned back to, that two persons didn't ask for.
 */
export function afterStep(ring: KeyRing, step: RingStep, facts: RingFacts, rules: RingRules = strictRingRules): KeyRing {
  const windows = RING_WINDOWS[ring.ring];
  const [next, active, retiring] = [only(ring, "next"), only(ring, "active"), only(ring, "retiring")];
  const changed = (...changes: readonly KeptKey[]): KeyRing => ({
    ...ring,
    at: ring.at + 1,
    last: step,
    keys: ring.keys.map((key) => changes.find(({ id }) => id === key.id) ?? key),
  });
  const overlapping = (key: KeptKey): KeptKey => ({ ...key, state: "retiring", untilS: facts.nowS + windows.overlapS });
  switch (step) {
    case "add": {
      if (next !== undefined) throw refused(ring, step);
      const id = `${ring.ring}-${ring.keys.length + 1}`;
      return { ...ring, at: ring.at + 1, last: step, keys: [...ring.keys, { id, state: "next", secret: facts.newSecret(), fromS: facts.nowS + windows.leadS, untilS: null }] };
    }
    case "drop":
      if (next === undefined) throw refused(ring, step);
      return changed({ ...next, state: "destroyed", secret: null });
    case "activate":
      if (next === undefined || active === undefined || retiring !== undefined) throw refused(ring, step);
      if (rules.inWindow && facts.nowS < next.fromS) throw new SallyportError("keys.early", { key: next.id });
      assertHeld(next, windows, facts, rules);
      // The one closes a generation of every chain, for good; who holds the other speaks for the deployment.
      if (rules.approved && TAKES_TWO.has(ring.ring) && !facts.isApproved(next.id)) throw new SallyportError("approval.required", { key: next.id });
      return changed({ ...next, state: "active" }, overlapping(active));
    case "revert":
      if (retiring === undefined || active === undefined) throw refused(ring, step);
      // What nodes take for over, they would refuse until they hear of it.
      if (rules.inWindow && windows.isOverByTime && facts.nowS + MARGIN_S >= (retiring.untilS ?? 0)) throw new SallyportError("keys.early", { key: retiring.id });
      assertHeld(retiring, windows, facts, rules);
      // The same again: a generation of every chain; and who compared the fingerprint of either signing key follows to the other from then on.
      if (rules.approved && TAKES_TWO.has(ring.ring) && !facts.isApproved(retiring.id)) throw new SallyportError("approval.required", { key: retiring.id });
      return changed({ ...retiring, state: "active", untilS: null }, overlapping(active));
    case "retire": {
      if (retiring === undefined) throw refused(ring, step);
      if (rules.inWindow && facts.nowS < (retiring.untilS ?? 0)) throw new SallyportError("keys.early", { key: retiring.id });
      const wraps = ring.ring === "token" || ring.ring === "sign" ? 0 : facts.wraps(retiring.id);
      if (rules.unused && wraps !== 0) throw new SallyportError("keys.in_use", { key: retiring.id });
      return changed({ ...retiring, state: "retired" });
    }
    case "reopen": {
      // A database that was restored holds data keys as they were wrapped then.
      const last = ring.keys.findLast(({ state }) => state === "retired");
      if (ring.ring !== "kek" || last === undefined || retiring !== undefined) throw refused(ring, step);
      return changed(overlapping(last));
    }
    case "destroy": {
      const oldest = ring.keys.find(({ state }) => state === "retired");
      if (oldest === undefined) throw refused(ring, step);
      if (rules.approved && !facts.isApproved(oldest.id)) throw new SallyportError("approval.required", { key: oldest.id });
      if (rules.unused && (ring.ring === "kek" || ring.ring === "audit") && facts.wraps(oldest.id) !== 0) throw new SallyportError("keys.in_use", { key: oldest.id });
      return changed({ ...oldest, state: "destroyed", secret: null });
    }
  }
}

export const refused = ({ ring }: KeyRing, step: RingStep): SallyportError => new SallyportError("keys.step", { ring, step });

function assertHeld(key: KeptKey, { heldBy }: RingWindows, facts: RingFacts, { held }: RingRules): void {
  if (held && heldBy !== null && facts.lacking(key.id)?.length !== 0) throw new SallyportError("keys.unheld", { key: key.id });
}
