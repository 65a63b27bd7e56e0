import { fingerprintOf } from "@sallyport/audit";
import { type DocumentRules, type FrameHandler, type KeyContext, parseUnwrapCall, parseWrapCall } from "@sallyport/custody";
import {
  CredentialLedger,
  type LedgerRules,
  makeFoundingLinks,
  ServiceCertificates,
  type ServiceRules,
  isEnrolled,
  settleFoundingLinks,
  type SigningRules,
} from "@sallyport/custody/credentials";
import { type ArchivalRules, type Archived, AuditEpochs, type DeepRunner, removeArchived, type ReleaseRules, TrailIncidents, Verification } from "@sallyport/custody/incidents";
import {
  Certificates,
  DataKeys,
  makeSpoolKey,
  NodeReports,
  parseShredCall,
  rotate,
  RingKeeper,
  type RingRules,
  Shredder,
  TokenTally,
  type ShredRules,
  SigningKeys,
} from "@sallyport/custody/keys";
import type { RelyingParty } from "@sallyport/passkey";
import { SERVICE_NAME } from "@sallyport/pki";
import { carriesPeople, serviceId } from "@sallyport/zones";
import { approve } from "./approve.ts";
import { Checkpoints } from "./checkpoints.ts";
import { found } from "./founding.ts";
import { Minting } from "./mint.ts";
import { Sealing } from "./seal.ts";
import { sign } from "./sign.ts";
import { status } from "./status.ts";
import { Store, type StoreOptions } from "./store.ts";
import type { TrailReader } from "./trail-reader.ts";

const SWEEP_MS = 600_000;
const NEW_RECORDS_MS = 300_000;
const SEALED_RECORDS_MS = 3_600_000;
const ALL_RECORDS_MS = 86_400_000;

export interface CustodianParts extends StoreOptions {
  readonly reader: TrailReader;
  readonly runDeeply: DeepRunner;
  readonly starterPolicyDigest: string;
  readonly shippedProfileDigests: readonly string[];
  /** Where people's passkeys are made and used: the console. */
  readonly party: RelyingParty;
  /** Days for which the records of a closed generation stay at hand. */
  readonly archiveAfterDays: number;
  /** For tests that show what each rule is for. */
  readonly rules?: LedgerRules;
  readonly documentRules?: DocumentRules;
  readonly serviceRules?: ServiceRules;
  readonly releaseRules?: ReleaseRules;
  readonly ringRules?: RingRules | undefined;
  readonly signingRules?: SigningRules;
  readonly archivalRules?: ArchivalRules;
  readonly shredRules?: ShredRules;
}

export interface RunningCustodian {
  readonly deployment: string;
  readonly trustDomain: string;
  /** Of the checkpoint key, as people compare it. */
  readonly fingerprint: string;
  readonly store: Store;
  readonly certificates: Certificates;
  readonly handle: FrameHandler;
  close(): Promise<void>;
}

/** Opens or founds the store and puts the verbs on it. @throws as {@link Store.open}. */
export async function openCustodian(parts: CustodianParts): Promise<RunningCustodian> {
  const { now, reader } = parts;
  const store = await Store.open(parts, (empty) => found(empty, now));
  try {
    makeFoundingLinks(store);
    await makeSpoolKey(store, store.rootKey);
    await store.durable();
  } catch (error) {
    await store.close();
    throw error;
  }
  const { deployment, trustDomain } = store.deployment;
  const keys = new SigningKeys(store, deployment);
  const incidents = new TrailIncidents({ store, reader, deployment, now });
  const certificates = new Certificates(store, now);
  const dataKeys = new DataKeys(store, store.rootKey, now);
  const nodes = new NodeReports(now);
  const epochs = new AuditEpochs(store);
  const tokens = new TokenTally(now);
  const counts = { wraps: () => reader.wraps(), heads: async () => reader.heads(), tokens };
  const rings = new RingKeeper({ store, rootKey: store.rootKey, nodes, clients: certificates, ...counts, epochs, deployment, now, rules: parts.ringRules });
  const shredder = new Shredder({ store, journal: store.shreds, deployment, now, rules: parts.shredRules });
  const minting = new Minting(store, now, certificates, tokens);
  const sealing = new Sealing(store, epochs, now);
  const checkpoints = new Checkpoints(store, reader, incidents, epochs, keys, now);
  const ledger = new CredentialLedger({ store, deployment, party: parts.party, now, ...(parts.rules !== undefined && { rules: parts.rules }) });
  const workload = (service: string): string | null => {
    const id = serviceId(trustDomain, service);
    return SERVICE_NAME.test(service) && carriesPeople(id) === null ? id : null;
  };
  const { serviceRules: rules } = parts;
  const services = new ServiceCertificates({ store, deployment, authority: certificates, workload, now, ...(rules !== undefined && { rules }) });
  const verification = new Verification({ store, incidents, run: parts.runDeeply, deployment, epochs });

  const { archiveAfterDays, archivalRules } = parts;
  const take = (archived: Archived): Promise<void> => {
    store.assertHeld();
    return reader.remove(archived);
  };
  const remove = async (): Promise<void> => void ((await incidents.isOurs()) && (await removeArchived(store, take)));
  const archival = { verifyNow: verification.verifyOne.bind(verification), archiveAfterDays, rules: archivalRules };

  const act: FrameHandler = (verb, payload) => {
    switch (verb) {
      case "wrap":
        return dataKeys.wrap(parseWrapCall(payload)).then((answers) => JSON.stringify(answers));
      case "unwrap":
        return dataKeys.unwrap(parseUnwrapCall(payload)).then((answers) => JSON.stringify(answers));
      case "seal":
        return epochs.settled(sealing.seal(payload));
      case "mint":
        return minting.mint(payload);
      case "approve":
        return approve({ ...parts, origin: parts.party.origin, ledger, deployment, signer: keys.active().signer, store, archival, remove }, payload);
      case "issue":
        // Of services alone. Those of our own processes are for the supervisor, over its own channel: an api that had them issued could be anyone.
        return services.issue(payload);
      case "sign":
        return sign({ ...parts, store, checkpoints, epochs, keys }, payload);
      case "status":
        return status({ home: parts.home, shredder, store, certificates, minting, dataKeys, rings, nodes, incidents, epochs, verification, keys, archiveAfterDays }, payload);
      case "rotate":
        return rotate(rings, dataKeys, payload);
      case "shred":
        return shredder.shred(parseShredCall(payload)).then((answer) => JSON.stringify(answer));
    }
  };

  // Whoever was taken over from while it slept has nothing leave, and begins nothing: what it knows may be old, and its store is another's.
  const ours = <T>(answer: T): T => {
    store.assertHeld();
    return answer;
  };
  const handle: FrameHandler = (verb, payload) => {
    store.assertHeld();
    const answer = act(verb, payload);
    return answer instanceof Promise ? answer.then(ours) : ours(answer);
  };

  // A failure here is one that the next round meets again, or that a verdict already tells.
  const each = (ms: number, work: () => Promise<unknown>): NodeJS.Timeout => setInterval(() => void work().catch(() => undefined), ms).unref();
  const timers = [
    each(SWEEP_MS, async () => (await incidents.isOurs()) && settleFoundingLinks(store, now(), (person) => isEnrolled(store, reader, person))),
    each(SWEEP_MS, async () => (await incidents.isOurs()) && dataKeys.sweep((contexts) => Promise.all(contexts.map((context) => isOwned(reader, context))))),
    each(SWEEP_MS, remove),
    each(NEW_RECORDS_MS, () => advanceAll(store, reader, checkpoints)),
    each(SEALED_RECORDS_MS, () => verification.verifyBySeals()),
    each(ALL_RECORDS_MS, () => verification.verify(null)),
  ];
  // What was changed while nothing ran shows before the day is over.
  void remove()
    .catch(() => undefined)
    .then(() => verification.verify(null))
    .catch(() => undefined);
  return {
    deployment,
    trustDomain,
    fingerprint: fingerprintOf(keys.active().vkey),
    store,
    certificates,
    handle,
    async close() {
      for (const timer of timers) clearInterval(timer);
      await reader.close();
      await store.close();
    },
  };
}

// Packets and reference keys are rows that this role can't see; their shares are kept.
const isOwned = (reader: TrailReader, { purpose, id }: KeyContext): Promise<boolean> => (purpose === "subject" ? reader.subjectExists(id) : Promise.resolve(true));

async function advanceAll(store: Store, reader: TrailReader, checkpoints: Checkpoints): Promise<void> {
  const chains = new Set([...store.all("mark").values(), ...(await reader.heads())].map(({ chain }) => chain));
  // One broken chain doesn't keep the others from being looked at; its verdict has been noted.
  for (const chain of chains) await checkpoints.advance(chain).catch(() => undefined);
  await store.durable();
}
