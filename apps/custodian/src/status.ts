import { fingerprintOf } from "@sallyport/audit";
import { type CustodianStatus, parseStatusCall } from "@sallyport/custody";
import { foundersLeft } from "@sallyport/custody/credentials";
import type { AuditEpochs, TrailIncidents, Verification } from "@sallyport/custody/incidents";
import { readStanding } from "@sallyport/custody/journal";
import { type Certificates, type DataKeys, type NodeReports, type RingKeeper, type Shredder, type SigningKeys, spoolRecipient } from "@sallyport/custody/keys";
import type { Minting } from "./mint.ts";
import type { Store } from "./store.ts";

const VERSION = "0.1.0";

export interface Standing {
  readonly home: string;
  readonly store: Store;
  readonly certificates: Certificates;
  readonly minting: Minting;
  readonly dataKeys: DataKeys;
  readonly rings: RingKeeper;
  readonly shredder: Shredder;
  readonly nodes: NodeReports;
  readonly incidents: TrailIncidents;
  readonly epochs: AuditEpochs;
  readonly verification: Verification;
  readonly keys: SigningKeys;
  readonly archiveAfterDays: number;
}

/** Verb `status`: how things stand, after what it was asked to forget or verify first. Public keys and marks, no secrets. */
export async function status(standing: Standing, payload: Buffer): Promise<string> {
  const { home, store, certificates, minting, dataKeys, rings, nodes, incidents, epochs, verification, keys, archiveAfterDays } = standing;
  const { acknowledge = 0, verify = [], holds } = parseStatusCall(payload);
  if (holds !== undefined) nodes.heard(holds.node, [...holds.tokenKeys, ...holds.signKeys]);
  for (const { n } of store.all("event").values()) if (n <= acknowledge) store.put("event", String(n), null);
  if (verify.length > 0) await verification.verify(verify.includes("*") ? null : verify);
  minting.count();
  await store.durable();
  const { deployment, trustDomain } = store.deployment;
  const list = certificates.list();
  const { vkey } = keys.active();
  const answer: CustodianStatus = {
    deployment,
    trustDomain,
    version: VERSION,
    tokenKeys: rings.tokenKeys(),
    keks: rings.keks(),
    auditKey: store.active("audit").id,
    checkpointKey: { vkey, fingerprint: fingerprintOf(vkey), handovers: keys.handovers() },
    signKeys: keys.views(),
    ca: certificates.caPem,
    crl: list.pem,
    crlNextUpdateS: list.nextUpdateS,
    revokedWorkloads: [...store.all("revocation").keys()],
    rootKey: (await dataKeys.isRootPresent()) ? "present" : "away",
    epoch: store.epoch,
    standby: readStanding(home),
    spoolRecipient: spoolRecipient(store),
    foundersLeft: foundersLeft(store),
    events: [...store.all("event").values()].sort((a, b) => a.n - b.n),
    marks: [...store.all("mark").values()].map(({ chain, generation, size, root, mac, atMs }) => ({
      chain,
      generation,
      size,
      root,
      mac,
      atMs,
      auditKey: epochs.idOf(chain, generation),
    })),
    verdicts: incidents.verdicts(),
    verifying: verification.progress(),
    incidents: [...store.all("incident").values()],
    archived: [...store.all("archived").values()],
    archiveAfterDays,
    shreds: standing.shredder.count,
  };
  return JSON.stringify(answer);
}
