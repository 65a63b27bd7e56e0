import { randomBytes } from "node:crypto";
import { newId, sealBytes } from "@sallyport/crypto";
import { createAuthority } from "@sallyport/pki";
import type { RingName, Store } from "./store.ts";

const AUTHORITY_YEARS = 10;
const KEY_BYTES = 32;

/** The place of a key-encryption key in its second sealing, under the root key. */
export const kekPlace = (id: string): { scope: string; id: string; index: number; last: boolean } => ({ scope: "custodian/kek", id, index: 0, last: true });

/** Fills an empty store: a deployment with a name of its own, its certificate authority, and the first key of each ring. */
export async function found(store: Store, now: () => number): Promise<void> {
  const deployment = `d${newId("x").slice(2, 14)}`;
  const trustDomain = `${deployment}.sallyport`;
  store.put("deployment", "-", { deployment, trustDomain, eventN: 0 });
  store.put("authority", "ca-1", createAuthority({ trustDomain, now, years: AUTHORITY_YEARS }));

  const fromS = Math.floor(now() / 1000);
  const add = (ring: RingName, secret: Buffer): void =>
    store.put("ring", `${ring}-1`, { ring, id: `${ring}-1`, state: "active", secret: secret.toString("base64url"), fromS, untilS: null });
  add("kek", sealBytes({ id: "root", key: await store.rootKey.derive("kek") }, kekPlace("kek-1"), randomBytes(KEY_BYTES)));
  add("audit", randomBytes(KEY_BYTES));
  add("token", randomBytes(KEY_BYTES));
  add("sign", randomBytes(KEY_BYTES));
  store.record("custodian.founded", deployment, "authority and first keys made");
}
