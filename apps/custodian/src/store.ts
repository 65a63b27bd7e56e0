import { existsSync, mkdirSync, statSync } from "node:fs";
import type { CustodyEvent } from "@sallyport/custody";
import type { CredentialKinds } from "@sallyport/custody/credentials";
import type { TrailKinds } from "@sallyport/custody/incidents";
import { lockStore, type RootKey, SealedStore, type SealedStoreOptions, ShredJournal, SHREDS, type StoreLock } from "@sallyport/custody/journal";
import {
  activeKey,
  type CertificateKinds,
  firstRing,
  type KeptKey,
  type KeyKinds,
  resumeShreds,
  type RingName,
  ringOfAuthority,
  settleSigningKeys,
  tellRingSteps,
} from "@sallyport/custody/keys";
import { rootKeyOf, type RootWrapper } from "@sallyport/custody/roots";
import type { CustodianEpochs } from "@sallyport/db";
import { SallyportError } from "@sallyport/errors";

/** What the store knows, by kind. */
export interface Kinds extends CredentialKinds, TrailKinds, KeyKinds, CertificateKinds {
  readonly deployment: { readonly deployment: string; readonly trustDomain: string; readonly eventN: number; readonly epoch?: number };
  /** The one authority, as it was kept before authorities turned: taken over likewise. */
  readonly authority: { readonly certPem: string; readonly keyPem: string };
  /** The one key of a ring, as it was kept before rings turned: taken over as a `keyring` when the store is opened. */
  readonly ring: { readonly ring: RingName; readonly secret: string; readonly fromS: number };
  /** Documents that were signed, by the SHA-256 of their canonical bytes. */
  readonly policy: { readonly note: string };
  readonly profile: { readonly note: string };
  /** Without the JWS, which is as long as the manifest. */
  readonly packet: { readonly note: "" };
  readonly event: CustodyEvent;
}

export interface StoreOptions {
  readonly home: string;
  readonly now: () => number;
  readonly onFailure: SealedStoreOptions["onFailure"];
  readonly rootKey?: RootKey;
  /** Where the root key is; null or absent: in the file `root.key` of this folder. */
  readonly wrapper?: RootWrapper | null;
  readonly lock?: (home: string) => StoreLock;
  /** Where a standby may take over: the number of who did so last, kept outside this store. Absent: nobody takes over. */
  readonly epochs?: CustodianEpochs;
}

/** All that the custodian remembers. One process has it at a time. */
export class Store extends SealedStore<Kinds> {
  readonly rootKey: RootKey;
  readonly #now: () => number;
  #shreds: ShredJournal | null = null;

  /**
   * Locks and opens the store in `home`, or founds it there: only where there is none is a root key made or asked for.
   *
   * @param found - Fills an empty store; all of it is written at once or not at all.
   * @throws `custodian.locked`, `custodian.fenced`; `custodian.older`, `trail.unavailable` where a standby may take over; `secret.missing`, `secret.exposed`, `secret.weak`, `keys.unavailable`, `setting.invalid` for the root key; `custodian.store` where an entry doesn't open.
   */
  static async open({ home, now, onFailure, ...ports }: StoreOptions, found: (store: Store) => Promise<void>): Promise<Store> {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    const lock = (ports.lock ?? lockStore)(home);
    try {
      const path = `${home}/store.jsonl`;
      const isEmpty = !existsSync(path) || statSync(path).size === 0;
      const { rootKey: given, wrapper = null } = ports;
      const { rootKey, header } = given === undefined ? await rootKeyOf({ home, isEmpty, wrapper }) : { rootKey: given, header: null };
      const store = new Store({ path, key: await rootKey.derive("store"), lock, header, onFailure }, rootKey, now);
      if (isEmpty) await found(store);
      // An event is written before its number: one that was cut off between the two keeps the number that it has.
      const told = [...store.all("event").values()].reduce((last, { n }) => Math.max(last, n), store.deployment.eventN);
      if (told > store.deployment.eventN) store.put("deployment", "-", { ...store.deployment, eventN: told });
      tellRingSteps(store);
      await store.#number(ports.epochs);
      for (const [id, { ring, secret, fromS }] of store.all("ring")) {
        store.put("keyring", ring, firstRing(ring, secret, fromS));
        store.put("ring", id, null);
      }
      for (const [id, material] of store.all("authority")) {
        store.put("keyring", "ca", ringOfAuthority(material));
        store.put("authority", id, null);
      }
      const { deployment } = store.deployment;
      store.#shreds = new ShredJournal(`${home}/${SHREDS}`, settleSigningKeys(store, deployment), deployment);
      resumeShreds(store, store.#shreds);
      if (store.wasTorn) store.record("store.recovered", "custodian", "a torn last entry that was never acknowledged was dropped");
      await store.rewrite();
      // On disk here first: one that ends in between has a number that nobody else gets.
      if (ports.epochs !== undefined && !(await asked(ports.epochs.take(store.epoch)))) throw new SallyportError("custodian.fenced", { epoch: store.epoch });
      return store;
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  private constructor(options: SealedStoreOptions, rootKey: RootKey, now: () => number) {
    super(options);
    this.rootKey = rootKey;
    this.#now = now;
  }

  /** The one deployment. */
  get deployment(): Kinds["deployment"] {
    const deployment = this.get("deployment", "-");
    if (deployment === undefined) throw new SallyportError("custodian.store", { why: "no deployment" });
    return deployment;
  }

  /** How often this store was taken over. */
  get epoch(): number {
    return this.deployment.epoch ?? 0;
  }

  /** Takes the next number, unless who took over last had a greater one: then that one knows what this store doesn't. */
  async #number(epochs: CustodianEpochs | undefined): Promise<void> {
    if (epochs === undefined) return;
    const last = await asked(epochs.last());
    if (last > this.epoch) throw new SallyportError("custodian.older", { epoch: this.epoch, last });
    this.put("deployment", "-", { ...this.deployment, epoch: this.epoch + 1 });
    this.record("custodian.taken_over", "custodian", `epoch=${this.epoch}`);
  }

  /** Takes the number of who took over last, upon the operator's word that there is no newer store: a start without a standby. */
  async adopt(last: number): Promise<void> {
    if (last <= this.epoch) return;
    this.record("custodian.adopted", "custodian", `epoch=${this.epoch};last=${last}`);
    this.put("deployment", "-", { ...this.deployment, epoch: last });
    await this.durable();
  }

  /** What was destroyed for good. */
  get shreds(): ShredJournal {
    if (this.#shreds === null) throw new SallyportError("custodian.store", { why: "no shreds" });
    return this.#shreds;
  }

  /** The active key of a ring. */
  active(ring: RingName): KeptKey & { readonly secret: string } {
    return activeKey(this.get("keyring", ring));
  }

  /** Keeps an act of the custodian's own until the api has put it on the trail, in `system` if no chain is named. Printable ASCII, no values. */
  record(action: string, resource: string, detail: string, chain?: string): void {
    const n = this.deployment.eventN + 1;
    this.put("event", String(n), { n, at: new Date(this.#now()).toISOString(), ...(chain !== undefined && { chain }), action, resource, detail });
    this.put("deployment", "-", { ...this.deployment, eventN: n });
  }
}

const asked = <T>(answer: Promise<T>): Promise<T> =>
  answer.catch((error: unknown) => {
    throw new SallyportError("trail.unavailable", { step: "epoch" }, error);
  });
