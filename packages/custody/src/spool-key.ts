import { openBytes, sealBytes } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { Decrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import type { KeyKinds, KeyStore } from "./key-kinds.ts";
import type { RootKey } from "./root-key.ts";

const PLACE = { scope: "custodian/spool", id: "-", index: 0, last: true };
/** An age header of one recipient is some 170 bytes. */
const HEADER = /^[A-Za-z0-9_-]{1,1024}$/;

/** Makes the spool's key pair where there is none. Its identity is sealed under the root key, so that taking that away ends unsealing too. */
export async function makeSpoolKey(store: KeyStore, rootKey: RootKey): Promise<void> {
  if (store.get("spoolkey", "-") !== undefined) return;
  const identity = await generateX25519Identity();
  const sealed = sealBytes({ id: "root", key: await rootKey.derive("kek") }, PLACE, Buffer.from(identity, "latin1"));
  store.put("spoolkey", "-", { recipient: await identityToRecipient(identity), sealed: sealed.toString("base64url") });
}

/** The same identity under another root key. @throws as {@link RootKey.derive}; where it doesn't open. */
export async function resealSpoolKey(kept: KeyKinds["spoolkey"], from: RootKey, to: RootKey): Promise<KeyKinds["spoolkey"]> {
  const identity = openBytes({ id: "root", key: await from.derive("kek") }, PLACE, Buffer.from(kept.sealed, "base64url"));
  try {
    return { ...kept, sealed: sealBytes({ id: "root", key: await to.derive("kek") }, PLACE, identity).toString("base64url") };
  } finally {
    identity.fill(0);
  }
}

/** The public half. @throws `custodian.store` where it was never made. */
export function spoolRecipient(store: Pick<KeyStore, "get">): string {
  const kept = store.get("spoolkey", "-");
  if (kept === undefined) throw new SallyportError("custodian.store", { why: "no spool key" });
  return kept.recipient;
}

/**
 * The file key of one sealed request, by its age header (base64url): so what was sealed never passes here.
 *
 * @throws `phi.integrity` for a header that isn't one to this recipient; `keys.unavailable` while the root key is away.
 */
export async function openSpooledKey(store: Pick<KeyStore, "get">, rootKey: RootKey, header: string): Promise<string> {
  const kept = store.get("spoolkey", "-");
  if (kept === undefined || !HEADER.test(header)) throw new SallyportError("phi.integrity", { why: "header" });
  const decrypter = new Decrypter();
  try {
    decrypter.addIdentity(openBytes({ id: "root", key: await rootKey.derive("kek") }, PLACE, Buffer.from(kept.sealed, "base64url")).toString("latin1"));
  } catch (error) {
    throw new SallyportError("keys.unavailable", { why: "root key" }, error);
  }
  try {
    return Buffer.from(await decrypter.decryptHeader(Buffer.from(header, "base64url"))).toString("base64url");
  } catch (error) {
    throw new SallyportError("phi.integrity", { why: "header" }, error);
  }
}
