import { existsSync, writeFileSync } from "node:fs";
import { Certificates } from "@sallyport/custody/keys";
import { headerOf, isUnder, moveRoot, type MoveStep, type RootWrapper } from "@sallyport/custody/roots";
import { SallyportError } from "@sallyport/errors";
import { serviceId } from "@sallyport/zones";
import { Store } from "./store.ts";

/** The custodian's folder, and where its root key is ({@link StoreOptions}). */
export interface Offline {
  readonly home: string;
  readonly wrapper?: RootWrapper | null;
}

/**
 * Writes every audit key that is kept to a new file (0600) as JSON `{keyId: base64}`. An act of the operator on this host, with everything
 * stopped; it is journaled before the file is written, and the trail has it at the next start.
 *
 * @throws `custodian.locked` while the custodian runs; `custodian.store` where there is no store; `setting.invalid` where `out` exists.
 */
export const escrowAuditKeys = ({ out, ...offline }: Offline & { readonly out: string }): Promise<void> =>
  withStore(offline, async (store) => {
    if (existsSync(out)) throw new SallyportError("setting.invalid", { setting: "out", why: "the file exists" });
    const keys = (store.get("keyring", "audit")?.keys ?? []).filter(({ secret }) => secret !== null);
    store.record("keys.escrowed", "audit", `keys=${keys.map(({ id }) => id).join(",")}`);
    await store.durable();
    const escrow = Object.fromEntries(keys.map(({ id, secret }) => [id, Buffer.from(secret ?? "", "base64url").toString("base64")]));
    writeFileSync(out, `${JSON.stringify(escrow)}\n`, { flag: "wx", mode: 0o600 });
  });

/**
 * Revokes a workload, by its SPIFFE ID or its service's name, with everything stopped. In force from the next start.
 *
 * @throws as {@link escrowAuditKeys}.
 */
export const revokeOffline = ({ workload, ...offline }: Offline & { readonly workload: string }): Promise<void> =>
  withStore(offline, async (store) => {
    const spiffe = workload.startsWith("spiffe://") ? workload : serviceId(store.deployment.trustDomain, workload);
    await new Certificates(store, Date.now).revoke(spiffe);
  });

/**
 * Moves the store to a root secret under another key, with everything stopped; `false` where it is under that key already, as when this was asked for again.
 *
 * @throws as {@link escrowAuditKeys} and {@link moveRoot}.
 */
export async function moveRootKey({ to, at, ...offline }: Offline & { readonly to: RootWrapper; readonly at?: (step: MoveStep) => void }): Promise<boolean> {
  const header = headerOf(`${offline.home}/store.jsonl`);
  if (await isUnder(header, to)) return false;
  await withStore(offline, (store) => moveRoot({ store, from: { rootKey: store.rootKey, header }, to, ...(at !== undefined && { at }) }));
  return true;
}

async function withStore(offline: Offline, work: (store: Store) => Promise<unknown>): Promise<void> {
  if (!existsSync(`${offline.home}/store.jsonl`)) throw new SallyportError("custodian.store", { why: "no store" });
  const store = await Store.open({ ...offline, now: Date.now, onFailure: () => undefined }, () => Promise.reject(new SallyportError("custodian.store", { why: "no store" })));
  try {
    await work(store);
  } finally {
    await store.close();
  }
}
