import { X509Certificate } from "node:crypto";
import { Authority, createAuthority, createRequest, type Identity } from "../src/index.ts";

export const TRUST_DOMAIN = "dtest.sallyport";
export const SERVER = `spiffe://${TRUST_DOMAIN}/zone/application/api`;
export const CLIENT = `spiffe://${TRUST_DOMAIN}/service/ingest`;

/** An identity with what the tests need to know about it. */
export interface TestIdentity extends Identity {
  readonly serial: string;
  readonly notAfterMs: number;
}

/** An authority and the identities that it issues; its clock can be shifted to make certificates of another time. */
export class Deployment {
  readonly caPem: string;
  readonly #material;

  constructor(trustDomain = TRUST_DOMAIN) {
    this.#material = createAuthority({ trustDomain, now: Date.now, years: 1 });
    this.caPem = this.#material.certPem;
  }

  authority(shiftMs = 0): Authority {
    return new Authority(this.#material, () => Date.now() + shiftMs);
  }

  get material() {
    return this.#material;
  }

  identity(spiffe: string, options: { readonly dns?: readonly string[]; readonly lifetimeSeconds?: number; readonly shiftMs?: number } = {}): TestIdentity {
    const request = createRequest();
    const issued = this.authority(options.shiftMs).issue({ csrPem: request.csrPem, spiffe, dns: options.dns ?? [], lifetimeSeconds: options.lifetimeSeconds ?? 3600 });
    return { keyPem: request.keyPem, certPem: issued.certPem, caPem: this.caPem, serial: issued.serial, notAfterMs: issued.notAfterS * 1000 };
  }

  server(): TestIdentity {
    return this.identity(SERVER, { dns: ["localhost"] });
  }

  client(): TestIdentity {
    return this.identity(CLIENT);
  }
}

export const derOf = (pem: string): Buffer => new X509Certificate(pem).raw;
