import type { KeyObject } from "node:crypto";
import { ed25519FromSeed, mintAccessToken, TOKEN_LIFETIME_SECONDS_MAX } from "@sallyport/crypto";
import { parseMintCall } from "@sallyport/custody";
import type { Certificates, TokenTally } from "@sallyport/custody/keys";
import { SallyportError } from "@sallyport/errors";
import type { Store } from "./store.ts";

/** Verb `mint`: access tokens of at most 900 seconds, each bound to a certificate that this custodian issued and that is in force. */
export class Minting {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #certificates: Certificates;
  #key: { readonly kid: string; readonly privateKey: KeyObject } | null = null;
  readonly #tally: TokenTally;

  constructor(store: Store, now: () => number, certificates: Certificates, tally: TokenTally) {
    this.#store = store;
    this.#now = now;
    this.#certificates = certificates;
    this.#tally = tally;
  }

  /** @throws `verb.refused` where the certificate isn't one in force of `azp`; `verb.invalid` for claims that no token may bear. */
  mint(payload: Buffer): string {
    const { sub, scope, azp, x5t } = parseMintCall(payload);
    if (!this.#certificates.isInForce(azp, x5t)) throw new SallyportError("verb.refused", { why: "certificate", azp });
    const { trustDomain } = this.#store.deployment;
    const grant = {
      issuer: `https://${trustDomain}/custodian`,
      audience: `https://${trustDomain}/api`,
      sub,
      scope,
      azp,
      x5t,
      iatS: Math.floor(this.#now() / 1000),
      lifetimeS: TOKEN_LIFETIME_SECONDS_MAX,
    };
    const { id, secret } = this.#store.active("token");
    if (this.#key?.kid !== id) this.#key = { kid: id, privateKey: ed25519FromSeed(Buffer.from(secret, "base64url")).privateKey };
    try {
      const minted = mintAccessToken(grant, this.#key);
      this.#tally.minted(id, grant.iatS + grant.lifetimeS);
      return JSON.stringify(minted);
    } catch (error) {
      throw new SallyportError("verb.invalid", { why: "claims" }, error);
    }
  }

  /** Puts the number of tokens since the last count on record; never the tokens. */
  count(): void {
    const counted = this.#tally.count();
    if (counted !== null) this.#store.record("tokens.minted", "tokens", counted);
  }
}
