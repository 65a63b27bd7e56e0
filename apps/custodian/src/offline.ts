import { existsSync, writeFileSync } from "node:fs";
import { SallyportError } from "@sallyport/errors";
import { serviceId } from "@sallyport/zones";
import { Certificates } from "./certificates.ts";
import { Store } from "./store.ts";

/**
 * Writes every audit key to a new file (0600) as JSON `{keyId: base64}`. An act of the operator on this host, with everything
 * stopped; it is journaled before the file is written, and the trail has it at the next start.
 *
 * @throws `custodian.locked` while the custodian runs; `custodian.store` where there is no store; `setting.invalid` where `out` exists.
 */
export const escrowAuditKeys = ({ home, out }: { readonly home: string; readonly out: string }): Promise<void> =>
  withStore(home, async (store) => {
    if (existsSync(out)) throw new SallyportError("setting.invalid", { setting: "out", why: "the file exists" });
    const keys = store.get("keyring", "audit")?.keys ?? [];
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
export const revokeOffline = ({ home, workload }: { readonly home: string; readonly workload: string }): Promise<void> =>
  withStore(home, async (store) => {
    const spiffe = workload.startsWith("spiffe://") ? workload : serviceId(store.deployment.trustDomain, workload);
    await new Certificates(store, Date.now).revoke(spiffe);
  });

async function withStore(home: string, work: (store: Store) => Promise<void>): Promise<void> {
  if (!existsSync(`${home}/store.jsonl`)) throw new SallyportError("custodian.store", { why: "no store" });
  const store = await Store.open({ home, now: Date.now, onFailure: () => undefined }, () => Promise.reject(new SallyportError("custodian.store", { why: "no store" })));
  try {
    await work(store);
  } finally {
    await store.close();
  }
}
