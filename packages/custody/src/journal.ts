export { SealedStore, type SealedStoreOptions } from "./sealed-store.ts";
export { type JournalEntry, SealedJournal } from "./sealed-journal.ts";
export { lockStore, type StoreLock } from "./store-lock.ts";
export { createRootKey, fileRootKey, type RootKey } from "./root-key.ts";
export { type Shred, ShredJournal, shredLines, SHREDS, shredsText } from "./shred-journal.ts";
