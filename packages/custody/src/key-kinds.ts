import type { KeyRing } from "./key-ring.ts";
import type { KeyContext } from "./model.ts";
import type { Shred } from "./shred-journal.ts";

/** What a store has to know of keys, by kind. */
export interface KeyKinds {
  /** By the ring's name. */
  readonly keyring: KeyRing;
  /** Under `-`: the key of the MACs in the journal of shreds, in hex. The same for good, whatever the signing ring does. */
  readonly shredkey: { readonly secret: string };
  /** The spool's key pair, under `-`: an age recipient, and its identity sealed once more under the root key. */
  readonly spoolkey: { readonly recipient: string; readonly sealed: string };
  /** Under `-`: the last move of the root key, counted from the first that was told so. */
  readonly rootmove: { readonly n: number; readonly atMs: number; readonly to: string };
  readonly share: { readonly context: KeyContext; readonly share: string; readonly isConfirmed: boolean; readonly atMs: number };
  /** By the subject: what was destroyed for good, so that no share is ever made for it again. */
  readonly shred: Shred;
}

/** Port: the events that wait for the trail. */
export interface EventStore {
  /** `eventN`: the number of the latest. */
  readonly deployment: { readonly eventN: number };
  record(action: string, resource: string, detail: string): void;
}

/** Port: the part of the custodian's store that keys work on. */
export interface KeyStore {
  get<K extends keyof KeyKinds>(kind: K, id: string): KeyKinds[K] | undefined;
  all<K extends keyof KeyKinds>(kind: K): ReadonlyMap<string, KeyKinds[K]>;
  put<K extends keyof KeyKinds>(kind: K, id: string, value: KeyKinds[K] | null): void;
  /** Puts an act of the custodian's own on record, in `system`. Printable ASCII, no values. */
  record(action: string, resource: string, detail: string): void;
  durable(): Promise<void>;
  /** Has what was forgotten leave the file too, with the next {@link KeyStore.durable}. */
  rewriteSoon(): void;
}
