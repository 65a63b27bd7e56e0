import { type DataKey, hmacHex, openField, sealField } from "@sallyport/crypto";
import type { ReferenceKeyStore } from "@sallyport/phi";
import type { KeyDesk, KeyPlace } from "../keys/key-desk.ts";

const PLACE: KeyPlace = { purpose: "reference", id: "people", study: "-", site: "-" };

/**
 * The key of what people sign in by: it names failed attempts and identities elsewhere without storing the names, and seals TOTP secrets.
 * Made by the first who needs it, opened once and kept; a failed opening is tried again by the next.
 */
export class PeopleKey {
  readonly #store: ReferenceKeyStore;
  readonly #desk: KeyDesk;
  #opened: Promise<DataKey> | null = null;

  constructor(store: ReferenceKeyStore, desk: KeyDesk) {
    this.#store = store;
    this.#desk = desk;
  }

  /** What stands for a user name, known or not, in the store of attempts: 64 hex digits that tell nothing without the key. */
  async nameOf(username: string): Promise<string> {
    return hmacHex((await this.#key()).key, `sallyport/attempts/v1\n${username.normalize("NFKC").toLowerCase()}`);
  }

  /** What stands for an identity at an external provider. An issuer holds no line break, so no two pairs are one text. */
  async identityOf(issuer: string, subject: string): Promise<string> {
    return hmacHex((await this.#key()).key, `sallyport/identity/v1\n${issuer}\n${subject}`);
  }

  /** The nonce and the PKCE verifier that go with a state: whoever sees it on its way through a browser can't work them out, and nothing stores them. */
  async ofState(state: string): Promise<{ readonly nonce: string; readonly verifier: string }> {
    const { key } = await this.#key();
    return { nonce: hmacHex(key, `sallyport/nonce/v1\n${state}`), verifier: hmacHex(key, `sallyport/pkce/v1\n${state}`) };
  }

  /** Seals a TOTP secret for one owner: a person's id, or a ceremony's until it is proven. */
  async seal(owner: string, secret: string): Promise<string> {
    return sealField(await this.#key(), placeOf(owner), secret);
  }

  /** Throws `phi.integrity` for one that was sealed for somebody else. */
  async open(owner: string, sealed: string): Promise<string> {
    return openField(await this.#key(), placeOf(owner), sealed);
  }

  #key(): Promise<DataKey> {
    this.#opened ??= this.#find().catch((error: unknown) => {
      this.#opened = null;
      throw error;
    });
    return this.#opened;
  }

  async #find(): Promise<DataKey> {
    let wrapped = await this.#store.get(PLACE.id);
    if (wrapped === null) {
      const [made] = await this.#desk.create([PLACE]);
      if (made === undefined) throw new TypeError("one key was asked for");
      // Of two nodes that make it, the one that stored first is right.
      wrapped = await this.#store.putIfAbsent(PLACE.id, made.wrapped);
    }
    return this.#desk.open(PLACE, wrapped);
  }
}

const placeOf = (owner: string) => ({ study: "-", site: "-", subject: owner, field: "TOTP.SECRET.1", version: 1 });
