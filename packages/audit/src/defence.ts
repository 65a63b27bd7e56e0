/** What the verification of a generation with its audit key rests on. Each is enough to find what it answers for. */
export type DeepDefence =
  /** What is stored beside a record says the same as the record. */
  | "columns"
  /** The record is of this deployment, chain and generation. */
  | "origin"
  /** It cites the record before. */
  | "link"
  /** It is numbered without a gap. */
  | "seq"
  | "mac"
  /** The sizes and MACs that the custodian remembers. */
  | "mark"
  /** The head that the store names. */
  | "head";

/** What the verification of a bundle rests on (docs/spec/bundle-v1.md, section 6). */
export type BundleDefence =
  /** The fingerprint that came from elsewhere. */
  | "pin"
  /** The signature of the statement. */
  | "statement"
  /** The keys of `keys.json` are those from which its handovers lead to the first, and these are signed by both their keys. */
  | "handover"
  /** The statement names the keys of `keys.json`, and its deployment the key. */
  | "keys"
  /** The list of files. */
  | "files"
  | "manifest"
  /** The signature of each checkpoint, which names its log. */
  | "checkpoint"
  /** Checkpoints never go back, nor say two things of one size. */
  | "checkpoint order"
  /** How many checkpoints there are, their file's digest, and that the last is the stated size and root. */
  | "checkpoint file"
  /** The lines have each signed root at its size. */
  | "root"
  /** The stated head is the last record's MAC. */
  | "head"
  /** A line is a record in its one spelling, and ends. */
  | "canonical"
  | "origin"
  | "link"
  | "seq"
  /** A generation's first record cites the head of the one before. */
  | "opening"
  /** The leaves hold each line's hash, and no more. */
  | "leaves"
  /** The signature of each leaf. It finds nothing by itself; it says which record it is. */
  | "leaf";

/**
 * Port: what is concluded from whether a defence's demand is met. The product concludes just that ({@link asFound}); a test that switches a
 * defence off, to see what nothing else finds, concludes that it is met.
 */
export type Holds<Defence extends string> = (defence: Defence, isMet: boolean) => boolean;

/** Concludes what was found. */
export const asFound: Holds<string> = (_, isMet) => isMet;
