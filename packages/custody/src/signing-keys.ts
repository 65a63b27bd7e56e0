import { checkpointKeyName, fingerprintOf, HANDOVERS_MAX, keysBehind, type NoteSigner, openHandover, signHandover, vkeyOf } from "@sallyport/audit";
import { ed25519FromSeed } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { KeyStore } from "./key-kinds.ts";
import { activeKey, type KeptKey, type KeyRing, refused } from "./key-ring.ts";
import type { SigningKeyView } from "./model.ts";
import { shredSecretOf } from "./shred-journal.ts";

/** A signing key with its secret. */
export interface SigningKey {
  readonly signer: NoteSigner;
  readonly vkey: string;
}

/** @param secret - A seed of 32 bytes, base64url. */
function signingKeyOf(secret: string, deployment: string): SigningKey {
  const { privateKey, raw } = ed25519FromSeed(Buffer.from(secret, "base64url"));
  const name = checkpointKeyName(deployment);
  return { signer: { name, privateKey }, vkey: vkeyOf(name, raw) };
}

const withVkeys = (keys: readonly KeptKey[], deployment: string): readonly KeptKey[] =>
  keys.map((key) => (key.vkey !== undefined || key.secret === null ? key : { ...key, vkey: signingKeyOf(key.secret, deployment).vkey }));

/**
 * The signing ring after a step: with the verifier key of each of its keys, and, where another key is in use than before, the handover from the one to the
 * other, signed by both (docs/spec/handover-v1.md). So a change of the key in use and its handover are one entry of the journal.
 *
 * Of two handovers from one key to the same other the later is kept, which leads where the first led: turning back and forth takes up no room.
 *
 * @throws `keys.step` where there were as many handovers as a verifier takes; a turn leaves room for its turning back.
 */
export function handedOver(before: KeyRing, after: KeyRing, deployment: string, nowMs: number): KeyRing {
  const keys = withVkeys(after.keys, deployment);
  const [from, to] = [activeKey(before), activeKey(after)];
  if (from.id === to.id) return { ...after, keys };
  const [one, other] = [signingKeyOf(from.secret, deployment), signingKeyOf(to.secret, deployment)];
  const handovers = (before.handovers ?? []).filter((each) => {
    const earlier = openHandover(each);
    return earlier.from !== one.vkey || earlier.to !== other.vkey;
  });
  const room = after.last === "revert" ? 1 : 2;
  if (handovers.length + room > HANDOVERS_MAX) throw refused(before, after.last ?? "activate");
  const note = signHandover({ from: one.vkey, to: other.vkey, at: new Date(nowMs).toISOString() }, one.signer, other.signer);
  return { ...after, keys, handovers: [...handovers, note] };
}

/**
 * Brings a store that was just opened up to signing keys that turn: each key has its verifier key, and the key of the MACs in the journal of shreds is an
 * entry of its own. It is made of the first signing key, as it was made before that key could be turned. Answers that key, in hex.
 *
 * @throws `custodian.store` where the first key's secret is gone and the entry was never made.
 */
export function settleSigningKeys(store: Pick<KeyStore, "get" | "put">, deployment: string): string {
  const ring = store.get("keyring", "sign");
  activeKey(ring);
  if (ring?.keys.some(({ vkey, secret }) => vkey === undefined && secret !== null)) store.put("keyring", "sign", { ...ring, keys: withVkeys(ring.keys, deployment) });
  const kept = store.get("shredkey", "-");
  if (kept !== undefined) return kept.secret;
  const first = ring?.keys[0]?.secret ?? null;
  if (first === null) throw new SallyportError("custodian.store", { why: "no key of shreds" });
  const secret = shredSecretOf(first);
  store.put("shredkey", "-", { secret });
  return secret;
}

/** What a request that names its key is held against. A test that shows what it is for leaves it out; production takes {@link strictSigningKeyRules}. */
export interface SigningKeyRules {
  /** The key is in use, or was until now. */
  readonly inForce: boolean;
}
export const strictSigningKeyRules: SigningKeyRules = { inForce: true };

/** What is made of the ring while it stands as it does. */
interface Made {
  readonly ring: KeyRing;
  readonly signers: Map<string, SigningKey>;
  behind?: readonly string[];
  views?: readonly SigningKeyView[];
}

/** The keys that sign for the deployment, as the ring has them at each call. */
export class SigningKeys {
  readonly #store: Pick<KeyStore, "get">;
  readonly #deployment: string;
  readonly #rules: SigningKeyRules;
  #made: Made | null = null;

  constructor(store: Pick<KeyStore, "get">, deployment: string, rules: SigningKeyRules = strictSigningKeyRules) {
    this.#store = store;
    this.#deployment = deployment;
    this.#rules = rules;
  }

  /** The one in use. */
  active(): SigningKey {
    const made = this.#of();
    return this.#open(made, activeKey(made.ring));
  }

  /** The one by which something states itself that was begun under it: it is in use, or was until now. @throws `verb.refused` for any other. */
  named(vkey: string | null): SigningKey {
    const made = this.#of();
    const key = made.ring.keys.find((each) => each.vkey === vkey);
    const isInForce = key?.state === "active" || key?.state === "retiring";
    if (key === undefined || (this.#rules.inForce && !isInForce)) throw new SallyportError("verb.refused", { why: "key" });
    return this.#open(made, key);
  }

  handovers(): readonly string[] {
    return this.#of().ring.handovers ?? [];
  }

  /** The verifier key in use, and those from which handovers lead to it. */
  behind(): readonly string[] {
    const made = this.#of();
    return (made.behind ??= keysBehind(this.active().vkey, this.handovers()));
  }

  /** Every key that there was, is, or is to be, the oldest first. No secrets. */
  views(): readonly SigningKeyView[] {
    const made = this.#of();
    return (made.views ??= viewsOf(made.ring));
  }

  #of(): Made {
    const ring = this.#store.get("keyring", "sign");
    if (ring === undefined) throw new SallyportError("custodian.store", { ring: "sign" });
    // A step leaves nothing behind of a key that it ended.
    if (this.#made?.ring !== ring) this.#made = { ring, signers: new Map() };
    return this.#made;
  }

  #open({ signers }: Made, { id, secret }: KeptKey): SigningKey {
    if (secret === null) throw new SallyportError("verb.refused", { why: "key" });
    const known = signers.get(id) ?? signingKeyOf(secret, this.#deployment);
    signers.set(id, known);
    return known;
  }
}

function viewsOf({ keys, handovers = [] }: KeyRing): readonly SigningKeyView[] {
  const turns = handovers.map(openHandover);
  return keys.flatMap(({ id, state, vkey }) => {
    if (vkey === undefined) return [];
    const since = turns.findLast(({ to }) => to === vkey)?.at ?? null;
    const until = state === "active" ? null : (turns.findLast(({ from }) => from === vkey)?.at ?? null);
    return [{ id, state, vkey, fingerprint: fingerprintOf(vkey), since, until }];
  });
}
