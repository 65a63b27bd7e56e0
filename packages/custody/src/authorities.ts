import { X509Certificate } from "node:crypto";
import { SallyportError } from "@sallyport/errors";
import { Authority, type AuthorityMaterial, createAuthority } from "@sallyport/pki";
import { firstRing, type KeptKey, type KeyRing } from "./key-ring.ts";

const AUTHORITY_YEARS = 10;

const sealed = (material: AuthorityMaterial): string => Buffer.from(JSON.stringify({ certPem: material.certPem, keyPem: material.keyPem }), "utf8").toString("base64url");

/** A new authority, as its ring keeps it: base64url of its certificate and key in JSON. */
export const newAuthoritySecret = (trustDomain: string, now: () => number): string => sealed(createAuthority({ trustDomain, now, years: AUTHORITY_YEARS }));

/** The ring of an authority that was kept before authorities turned. */
export const ringOfAuthority = (material: AuthorityMaterial): KeyRing =>
  firstRing("ca", sealed(material), Math.floor(Date.parse(new X509Certificate(material.certPem).validFrom) / 1000));

/** One authority of the ring. */
export interface KeptAuthority {
  /** `ca-<n>`. */
  readonly id: string;
  readonly authority: Authority;
}

/** The authorities as their ring has them, read anew when it has turned. */
export class Authorities {
  readonly #ring: () => KeyRing | undefined;
  readonly #now: () => number;
  readonly #read = new Map<string, Authority>();
  #readAt = 0;

  constructor(ring: () => KeyRing | undefined, now: () => number) {
    this.#ring = ring;
    this.#now = now;
  }

  /** How many steps the ring has taken: what was made of it is to be made anew where this is another. */
  get at(): number {
    return this.#ring()?.at ?? 0;
  }

  /** By which certificates are issued now. @throws `custodian.store` where there is none. */
  get issuing(): KeptAuthority {
    const active = this.#kept(({ state }) => state === "active")[0];
    if (active === undefined) throw new SallyportError("custodian.store", { why: "no authority" });
    return active;
  }

  /** Those that everybody trusts now: the one that issues first, then the next one and the one before, while there are such. */
  get trusted(): readonly KeptAuthority[] {
    const { issuing } = this;
    return [issuing, ...this.#kept(({ state }) => state === "next" || state === "retiring")];
  }

  #kept(of: (key: KeptKey) => boolean): readonly KeptAuthority[] {
    return (this.#ring()?.keys ?? []).filter(of).flatMap(({ id, secret }) => (secret === null ? [] : [{ id, authority: this.#authority(id, secret) }]));
  }

  #authority(id: string, secret: string): Authority {
    // The key of one that was dropped stays in nobody's memory.
    if (this.#readAt !== this.at) this.#read.clear();
    this.#readAt = this.at;
    const known = this.#read.get(id);
    if (known !== undefined) return known;
    const read = new Authority(JSON.parse(Buffer.from(secret, "base64url").toString("utf8")) as AuthorityMaterial, this.#now);
    this.#read.set(id, read);
    return read;
  }
}
