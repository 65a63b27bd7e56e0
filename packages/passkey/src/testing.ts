import { generateEd25519, generateP256, newId, sha256, signEd25519, signP256 } from "@sallyport/crypto";
import { isoCBOR } from "@simplewebauthn/server/helpers";
import type { RelyingParty } from "./relying-party.ts";

/** What a test may have the authenticator, or the browser before it, do wrong. */
export interface Misbehaviour {
  readonly origin?: string;
  readonly rpId?: string;
  readonly userPresent?: boolean;
  readonly userVerified?: boolean;
  /** The count that is reported, instead of the next one. */
  readonly counter?: number;
  readonly type?: string;
  readonly challenge?: Uint8Array;
  readonly crossOrigin?: boolean;
  readonly topOrigin?: string;
  /** COSE_Key (RFC 9052 §7) that is stated, instead of the credential's own. */
  readonly key?: ReadonlyMap<number, number | Uint8Array>;
  readonly attestation?: { readonly fmt: string; readonly attStmt: ReadonlyMap<string, unknown> };
}

interface HeldCredential {
  readonly id: string;
  readonly rpId: string;
  readonly userHandle: string;
  readonly key: ReadonlyMap<number, number | Uint8Array>;
  readonly sign: (data: Uint8Array) => Buffer;
  counter: number;
}

type CborValue = Parameters<typeof isoCBOR.encode>[0];
const FLAGS = { present: 0x01, verified: 0x04, attested: 0x40 } as const;
const CREDENTIAL_ID_BYTES = 32;

/**
 * An authenticator and the browser in front of it, in software, for tests: makes real credentials and real assertions
 * (WebAuthn Level 3 §6), and wrong ones where asked to.
 */
export class SoftwareAuthenticator {
  readonly #party: RelyingParty;
  readonly #algorithm: -7 | -8;
  readonly #counts: boolean;
  readonly #held: HeldCredential[] = [];

  /** @param options - `counts: false` is an authenticator that keeps no count, as passkeys that are synchronised do. */
  constructor(party: RelyingParty, options: { readonly algorithm?: -7 | -8; readonly counts?: boolean } = {}) {
    this.#party = party;
    this.#algorithm = options.algorithm ?? -8;
    this.#counts = options.counts ?? true;
  }

  /** The ids of the credentials that it holds, the oldest first. */
  get credentialIds(): readonly string[] {
    return this.#held.map(({ id }) => id);
  }

  /** Answers `navigator.credentials.create()`: `RegistrationResponseJSON` to the JSON of its options. */
  create(options: string, wrong: Misbehaviour = {}): string {
    const { challenge, rp, user } = JSON.parse(options) as { challenge: string; rp: { id: string }; user: { id: string } };
    const credential = this.#make(rp.id, user.id);
    this.#held.push(credential);
    const { fmt, attStmt } = wrong.attestation ?? { fmt: "none", attStmt: new Map<string, unknown>() };
    const attestation = new Map<string, unknown>([
      ["fmt", fmt],
      ["attStmt", attStmt],
      ["authData", new Uint8Array(this.#authenticatorData(credential, wrong, true))],
    ]);
    const attestationObject = Buffer.from(isoCBOR.encode(attestation as unknown as CborValue)).toString("base64url");
    const clientDataJSON = this.#clientData("webauthn.create", Buffer.from(challenge, "base64url"), wrong).toString("base64url");
    return this.#response(credential.id, { clientDataJSON, attestationObject, transports: ["internal"] });
  }

  /** Answers `navigator.credentials.get()`: `AuthenticationResponseJSON` to the JSON of its options. */
  get(options: string, wrong: Misbehaviour = {}): string {
    const { challenge, allowCredentials = [] } = JSON.parse(options) as { challenge: string; allowCredentials?: readonly { readonly id: string }[] };
    const allowed = this.#held.filter(({ id }) => allowCredentials.length === 0 || allowCredentials.some((each) => each.id === id)).at(-1);
    return this.assert(Buffer.from(challenge, "base64url"), { ...wrong }, allowed?.id);
  }

  /** An assertion over this challenge by this credential, or by the newest. */
  assert(challenge: Uint8Array, wrong: Misbehaviour = {}, credentialId = this.#held.at(-1)?.id): string {
    const credential = this.#held.find(({ id }) => id === credentialId);
    if (credential === undefined) throw new RangeError("this authenticator holds no such credential");
    if (this.#counts) credential.counter += 1;
    const authenticatorData = this.#authenticatorData(credential, wrong, false);
    const clientData = this.#clientData("webauthn.get", challenge, wrong);
    const signature = credential.sign(Buffer.concat([authenticatorData, sha256(clientData)]));
    return this.#response(credential.id, {
      clientDataJSON: clientData.toString("base64url"),
      authenticatorData: authenticatorData.toString("base64url"),
      signature: signature.toString("base64url"),
      userHandle: credential.userHandle,
    });
  }

  #make(rpId: string, userHandle: string): HeldCredential {
    const id = sha256(newId("cred")).subarray(0, CREDENTIAL_ID_BYTES).toString("base64url");
    const held = { id, rpId, userHandle, counter: 0 };
    if (this.#algorithm === -8) {
      const { privateKey, raw } = generateEd25519();
      const key = new Map<number, number | Uint8Array>([
        [1, 1],
        [3, -8],
        [-1, 6],
        [-2, new Uint8Array(raw)],
      ]);
      return { ...held, key, sign: (data) => signEd25519(privateKey, data) };
    }
    const { privateKey, x, y } = generateP256();
    const key = new Map<number, number | Uint8Array>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, new Uint8Array(x)],
      [-3, new Uint8Array(y)],
    ]);
    return { ...held, key, sign: (data) => signP256(privateKey, data) };
  }

  #authenticatorData(credential: HeldCredential, wrong: Misbehaviour, isNew: boolean): Buffer {
    const flags = ((wrong.userPresent ?? true) ? FLAGS.present : 0) | ((wrong.userVerified ?? true) ? FLAGS.verified : 0) | (isNew ? FLAGS.attested : 0);
    const head = Buffer.alloc(5);
    head.writeUInt8(flags, 0);
    head.writeUInt32BE(wrong.counter ?? credential.counter, 1);
    const parts = [sha256(wrong.rpId ?? credential.rpId), head];
    if (isNew) {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(CREDENTIAL_ID_BYTES);
      parts.push(Buffer.alloc(16), length, Buffer.from(credential.id, "base64url"), Buffer.from(isoCBOR.encode((wrong.key ?? credential.key) as unknown as CborValue)));
    }
    return Buffer.concat(parts);
  }

  #clientData(type: string, challenge: Uint8Array, wrong: Misbehaviour): Buffer {
    const data = {
      type: wrong.type ?? type,
      challenge: Buffer.from(wrong.challenge ?? challenge).toString("base64url"),
      origin: wrong.origin ?? this.#party.origin,
      crossOrigin: wrong.crossOrigin ?? false,
      ...(wrong.topOrigin !== undefined && { topOrigin: wrong.topOrigin }),
    };
    return Buffer.from(JSON.stringify(data), "utf8");
  }

  #response(id: string, response: Readonly<Record<string, unknown>>): string {
    return JSON.stringify({ id, rawId: id, type: "public-key", clientExtensionResults: {}, authenticatorAttachment: "platform", response });
  }
}
