export { SealedStore, type SealedStoreOptions } from "./sealed-store.ts";
export { type JournalEntry, SealedJournal } from "./sealed-journal.ts";
export { BEAT_MS } from "./lock-watch.ts";
export { whenFree } from "./standby.ts";
export { readStanding, type StandbyStanding, tellStanding } from "./standby-standing.ts";
export { type BeatingLock, lockStore, type StoreLock } from "./store-lock.ts";
export { createRootKey, fileRootKey, type RootKey } from "./root-key.ts";
export { type Shred, ShredJournal, shredLines, SHREDS, shredsText } from "./shred-journal.ts";
