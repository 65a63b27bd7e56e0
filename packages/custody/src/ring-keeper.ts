import { randomBytes } from "node:crypto";
import { fingerprintOf, type Head } from "@sallyport/audit";
import { ed25519FromSeed } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { AuditEpochs } from "./audit-epochs.ts";
import type { AuthorityClients } from "./certificates.ts";
import { countedApproval } from "./approved-document.ts";
import type { CredentialStore } from "./credential-kinds.ts";
import { newKekSecret } from "./data-keys.ts";
import type { EventStore, KeyStore } from "./key-kinds.ts";
import { activeKey, afterStep, type KeyRing, type KeptKey, type RingName, RING_NAMES, RING_WINDOWS, type RingRules, type RingStep, strictRingRules } from "./key-ring.ts";
import type { CustodianStatus, RingAnswer, RingView, RotateRequest, TokenKey } from "./model.ts";
import type { NodeReports } from "./node-reports.ts";
import type { RootKey } from "./root-key.ts";
import { handedOver } from "./signing-keys.ts";
import type { HeldCertificate } from "./standing.ts";
import type { TokenTally } from "./token-tally.ts";

const KEY_BYTES = 32;
/** The kinds of approval by which a retired key's secret is destroyed, and an audit or a signing key is put in use or turned back to. */
const APPROVED = { destroy: "keys.destroy", activate: "keys.activate", revert: "keys.activate" } as const;

type StepRequest = Extract<RotateRequest, { readonly kind: "step" }>;

export interface RingKeeperOptions {
  readonly store: KeyStore & EventStore & Pick<CredentialStore, "all">;
  readonly rootKey: RootKey;
  readonly nodes: NodeReports;
  /** The authority's side of its ring. */
  readonly clients: AuthorityClients;
  /** How many data keys are committed under each key-encryption key, by the custodian's own look. */
  readonly wraps: () => Promise<ReadonlyMap<string, number>>;
  /** Every chain's head, by the same look. */
  readonly heads: () => Promise<readonly Head[]>;
  readonly epochs: Pick<AuditEpochs, "sealedBy" | "kept">;
  readonly tokens: Pick<TokenTally, "good">;
  readonly deployment: string;
  readonly now: () => number;
  readonly rules?: RingRules | undefined;
}

/** Takes rings from step to step. One at a time; each is proven first, and is one entry of the journal (docs/spec/custody-v1.md, section 10). */
export class RingKeeper {
  readonly #options: RingKeeperOptions;
  /** By their seeds: every node asks once a second. */
  readonly #publics = new Map<string, string>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: RingKeeperOptions) {
    this.#options = options;
  }

  /** How every ring stands. No secrets. */
  async rings(): Promise<readonly RingView[]> {
    const { store, wraps, heads } = this.#options;
    // Where the database is away, what is known without it is told all the same.
    const [counted, standing] = await Promise.all([wraps().catch(() => null), heads().catch(() => null)]);
    return RING_NAMES.map((name) => this.#viewOf(ringOf(store, name), counted, standing));
  }

  /** What certificates workloads hold, by the authority's own books. */
  certificates(): readonly HeldCertificate[] {
    return this.#options.clients.newest();
  }

  /** Takes one step. The same asked again answers the same: an answer may be lost. @throws as {@link afterStep}; `service.unavailable`. */
  step(request: StepRequest): Promise<RingAnswer> {
    const taken = this.#turn.then(() => this.#step(request));
    this.#turn = taken.catch(() => undefined);
    return taken;
  }

  /** The public keys with which tokens are verified, each with its window. The next one is among them before it is used. */
  tokenKeys(): readonly TokenKey[] {
    return ringOf(this.#options.store, "token").keys.flatMap(({ id, state, secret, fromS, untilS }) =>
      secret === null || state === "retired" ? [] : [{ kid: id, x: this.#publicOf(secret), fromS, untilS }],
    );
  }

  /** Under which key-encryption key data keys are wrapped, and from which they are being wrapped anew. */
  keks(): CustodianStatus["keks"] {
    const { keys } = ringOf(this.#options.store, "kek");
    const inState = (state: KeptKey["state"]): string | undefined => keys.find((key) => key.state === state)?.id;
    return { active: inState("active") ?? "", retiring: inState("retiring") ?? null };
  }

  #publicOf(seed: string): string {
    const known = this.#publics.get(seed) ?? ed25519FromSeed(Buffer.from(seed, "base64url")).raw.toString("base64url");
    this.#publics.set(seed, known);
    return known;
  }

  async #step({ ring: name, step, at, statement }: StepRequest): Promise<RingAnswer> {
    const { store, rootKey, nodes, clients, deployment, now, rules = strictRingRules } = this.#options;
    const ring = ringOf(store, name);
    if (ring.at !== at + 1 || ring.last !== step) {
      if (ring.at !== at) throw new SallyportError("keys.step", { ring: name, step });
      const nextId = `${name}-${ring.keys.length + 1}`;
      const random = (): string => randomBytes(KEY_BYTES).toString("base64url");
      const made = { kek: () => newKekSecret(rootKey, nextId), ca: () => clients.newSecret(), token: random, audit: random, sign: random };
      const secret = step !== "add" ? "" : await made[name]();
      const uses = await this.#usesOf(name, step);
      const facts = {
        nowS: Math.floor(now() / 1000),
        newSecret: () => secret,
        lacking: (id: string) => (name === "ca" ? clients.lacking(id) : nodes.lacking(id)),
        wraps: uses,
        isApproved: (id: string) => this.#isApproved({ step, id, at, statement }),
      };
      const stepped = afterStep(ring, step, facts, rules);
      const after = name === "sign" ? handedOver(ring, stepped, deployment, now()) : stepped;
      store.put("keyring", name, { ...after, event: store.deployment.eventN + 1 });
      tellRingSteps(store);
      if (step === "destroy" || step === "drop") store.rewriteSoon();
      if (name === "ca") clients.changed();
    }
    await store.durable();
    return { ring: this.#viewOf(ringOf(store, name), null, null) };
  }

  /** What a ring's keys are needed for, as far as the step asks. */
  async #usesOf(name: RingName, step: RingStep): Promise<(id: string) => number | null> {
    const { clients, wraps, heads, epochs } = this.#options;
    if (name === "ca") return (id) => clients.holders(id).length;
    if (name === "audit" && step === "destroy") return (id) => epochs.kept(id);
    if (step !== "retire" && step !== "destroy") return () => null;
    if (name === "kek") {
      const counted = await wraps();
      return (id) => counted.get(id) ?? 0;
    }
    if (name !== "audit") return () => 0;
    const standing = await heads();
    return (id) => epochs.sealedBy(id, standing).length;
  }

  #isApproved({ step, id, at, statement }: Pick<StepRequest, "step" | "at" | "statement"> & { readonly id: string }): boolean {
    const { store, deployment, now } = this.#options;
    if (statement === null || (step !== "destroy" && step !== "activate" && step !== "revert")) return false;
    const kind = APPROVED[step];
    const refused = (why: string): SallyportError => new SallyportError("verb.refused", { why, kind });
    const rules = { kind: true, enough: true, separation: true, proven: true };
    const { said } = countedApproval({ store, deployment, rules }, { kind, statement, refused });
    // A key may be turned back to more than once, and two persons say so each time: what they said names where the ring was.
    const isOfNow = step !== "revert" || said.payload["at"] === String(at);
    return isOfNow && said.payload["key"] === id && now() < Date.parse(said.expiresAt);
  }

  #viewOf(ring: KeyRing, counted: ReadonlyMap<string, number> | null, heads: readonly Head[] | null): RingView {
    const { nodes, clients, epochs, tokens } = this.#options;
    const windows = RING_WINDOWS[ring.ring];
    const isProven = (key: KeptKey): boolean => windows.heldBy !== null && (key.state === "next" || key.state === "retiring");
    const isHeld = (key: KeptKey): boolean => ring.ring === "ca" && key.state !== "next" && key.state !== "destroyed";
    return {
      ring: ring.ring,
      at: ring.at,
      last: ring.last,
      windows: { leadS: windows.leadS, overlapS: windows.overlapS, ageMaxS: windows.ageMaxS, usesMax: windows.usesMax },
      keys: ring.keys.map((key) => ({
        id: key.id,
        state: key.state,
        fromS: key.fromS,
        untilS: key.untilS,
        wraps: ring.ring === "audit" ? epochs.kept(key.id) : ring.ring === "kek" && counted !== null ? (counted.get(key.id) ?? 0) : null,
        lacking: !isProven(key) ? [] : ring.ring === "ca" ? clients.lacking(key.id) : nodes.lacking(key.id),
        holders: isHeld(key) ? clients.holders(key.id) : ring.ring === "audit" && key.state === "retiring" && heads !== null ? epochs.sealedBy(key.id, heads) : null,
        tokens: ring.ring === "token" ? tokens.good(key.id) : null,
        vkey: key.vkey ?? null,
        fingerprint: key.vkey === undefined ? null : fingerprintOf(key.vkey),
      })),
    };
  }
}

/** A ring of the store. @throws `custodian.store` where there is none. */
export function ringOf(store: Pick<KeyStore, "get">, name: RingName): KeyRing {
  const ring = store.get("keyring", name);
  activeKey(ring);
  return ring as KeyRing;
}

/** Puts on record each ring's latest step that has no event yet: right behind the step, and, where a crash was between the two, when the store is opened. */
export function tellRingSteps(store: Pick<KeyStore, "all"> & EventStore): void {
  for (const ring of store.all("keyring").values())
    if (ring.event !== undefined && ring.event > store.deployment.eventN) store.record("keys.rotated", `ring/${ring.ring}`, `step=${ring.last};at=${ring.at};${stateText(ring)}`);
}

const stateText = ({ keys }: KeyRing): string =>
  keys
    .filter(({ state }) => state !== "destroyed")
    .map(({ id, state }) => `${id}=${state}`)
    .join(",");
