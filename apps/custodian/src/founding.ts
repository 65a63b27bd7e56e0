import { randomBytes } from "node:crypto";
import { newId } from "@sallyport/crypto";
import { firstRing, newAuthoritySecret, newKekSecret, type RingName } from "@sallyport/custody/keys";
import type { Store } from "./store.ts";

const KEY_BYTES = 32;

/** Fills an empty store: a deployment with a name of its own, its certificate authority, and the first key of each ring. */
export async function found(store: Store, now: () => number): Promise<void> {
  const deployment = `d${newId("x").slice(2, 14)}`;
  const trustDomain = `${deployment}.sallyport`;
  store.put("deployment", "-", { deployment, trustDomain, eventN: 0 });

  const fromS = Math.floor(now() / 1000);
  const add = (ring: RingName, secret: string): void => store.put("keyring", ring, firstRing(ring, secret, fromS));
  add("ca", newAuthoritySecret(trustDomain, now));
  add("kek", await newKekSecret(store.rootKey, "kek-1"));
  for (const ring of ["audit", "token", "sign"] as const) add(ring, randomBytes(KEY_BYTES).toString("base64url"));
  store.record("custodian.founded", deployment, "authority and first keys made");
}
