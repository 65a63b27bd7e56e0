import type { ArchivedGeneration, StatedGeneration } from "./export-statement.ts";
import type { Break } from "./model.ts";

/** Port: a bundle's files, wherever they lie. Reading what is in the list and isn't a plain file throws `bundle.unreadable`. */
export interface BundleReader {
  /** Names of all that is in the bundle; throws `bundle.unreadable` where there is nothing to read. */
  list(): Promise<readonly string[]>;
  /**
   * The file's lines, each WITH its newline, so that a missing last one shows. UTF-8; a byte that isn't becomes U+FFFD, a byte order
   * mark stays, and a line of more than 2^17 characters comes in pieces.
   */
  lines(name: string): AsyncIterable<string>;
  /** The whole of a small file (at most 2^24 bytes); throws `bundle.unreadable` where it isn't UTF-8. A byte order mark stays. */
  text(name: string): Promise<string>;
  /** The file's length in bytes and its SHA-256 in lower-case hex. */
  digest(name: string): Promise<FileDigest>;
}

export interface FileDigest {
  readonly bytes: number;
  readonly sha256: string;
}

/** One file as the manifest lists it. */
export interface ManifestFile extends FileDigest {
  readonly name: string;
}

/** `manifest.json`: every other file. Unsigned; it finds accidents, and files that nobody signs. */
export interface Manifest {
  readonly v: 1;
  readonly files: readonly ManifestFile[];
}

/** `keys.json`: the statement's keys again, with the fingerprints that people compare; of version 2, with the handovers that lead from one to another. */
export interface BundleKeys {
  readonly v: 1 | 2;
  readonly keys: readonly { readonly vkey: string; readonly fingerprint: string }[];
  readonly handovers?: readonly string[];
}

/** Display names of principals as they were when the bundle was made, by principal id. */
export type BundleNames = Readonly<Record<string, string>>;

/** What a verification goes by, all of it got from elsewhere. */
export interface VerifyOptions {
  /** The signing key's. Without it the verdict is not pinned: it shows that the bundle agrees with itself, not who made it. */
  readonly fingerprint?: string;
  /** A witness's verifier key (C2SP tlog-cosignature): the bundle then has to have its cosignature. */
  readonly witness?: string;
}

/** What a witness saw of a bundle: the checkpoint of this size, at its own time. */
export interface Witnessed {
  readonly name: string;
  readonly generation: number;
  readonly size: number;
  readonly at: string;
}

/** That one signing key was followed by another; keys by their fingerprints. */
export interface HandedOver {
  readonly from: string;
  readonly to: string;
  readonly at: string;
}

/** What an offline verification found. */
export interface BundleVerdict {
  /** No break, by the keys that were used. */
  readonly whole: boolean;
  /** Whether the key's fingerprint came from outside the bundle. */
  readonly pinned: boolean;
  /** In words: `whole`, `self-consistent, key not pinned`, or `broken`. */
  readonly reads: string;
  readonly breaks: readonly Break[];
  readonly deployment: string;
  readonly chain: string;
  /** When the statement was signed, by the custodian's clock; null where no statement could be read. */
  readonly asOf: string | null;
  /** Fingerprint of the key that the bundle says it is signed by; null where it says none. */
  readonly fingerprint: string | null;
  /** Fingerprints of the keys from which handovers lead to that one, nearest first; absent where none do. */
  readonly behind?: readonly string[];
  /** Where the fingerprint that was given is that of one of those: the handovers from it on to the key that signed, in order. */
  readonly handedOver?: readonly HandedOver[];
  readonly records: number;
  readonly checkpoints: number;
  /** The generations that are here, as the statement has them; none for what is no bundle of a chain. */
  readonly generations: readonly Pick<StatedGeneration, "generation" | "size" | "root" | "head">[];
  /** Those that went before and were archived, each as a bundle of its own. */
  readonly archived: readonly ArchivedGeneration[];
  /** Set where the last generation here is one that was closed, in a bundle of its own: what came after it is elsewhere. */
  readonly endsClosed?: true;
  /** Set for an excerpt: chosen records, of which nothing shows that they are all that match. */
  readonly isExcerpt?: true;
  /** SHA-256 of `manifest.json`, in hex, by which an archived bundle is known; null where there is none. */
  readonly manifest: string | null;
  /** Where a witness's key was given and its cosignature holds. */
  readonly witnessed?: Witnessed;
  /** How many generations have a cosigned checkpoint here, where no witness's key was given to verify one by. */
  readonly cosigned?: number;
  readonly proves: readonly string[];
  readonly doesNotProve: readonly string[];
}

/** What a verdict says of a single file that doesn't hold: nothing of it. */
export const NOTHING_FOUND = {
  deployment: "",
  chain: "",
  asOf: null,
  fingerprint: null,
  records: 0,
  checkpoints: 0,
  generations: [],
  archived: [],
  manifest: null,
  proves: [],
} as const satisfies Partial<BundleVerdict>;

export const STATEMENT_FILE = "statement.note";
export const MANIFEST_FILE = "manifest.json";
export const KEYS_FILE = "keys.json";
export const NAMES_FILE = "names.json";
export const DICTIONARY_FILE = "dictionary.json";
export const README_FILE = "README.txt";
export const recordsFile = (generation: number): string => `generation-${generation}.jsonl`;
export const leavesFile = (generation: number): string => `leaves-${generation}.txt`;
/** The newest checkpoint of the generation that a witness cosigned; there only where one did. */
export const cosignedFile = (generation: number): string => `cosigned-${generation}.note`;
export const checkpointsFile = (generation: number): string => `checkpoints-${generation}.txt`;

/** Every file that a bundle of these generations has; beside them {@link cosignedFile} alone. */
export const bundleFiles = (generations: readonly number[]): readonly string[] => [
  STATEMENT_FILE,
  MANIFEST_FILE,
  KEYS_FILE,
  NAMES_FILE,
  DICTIONARY_FILE,
  README_FILE,
  ...generations.flatMap((generation) => [recordsFile(generation), leavesFile(generation), checkpointsFile(generation)]),
];
