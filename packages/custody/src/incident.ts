/** What the custodian's own verification says. `null` break: whole up to `size`. */
export interface Finding {
  readonly chain: string;
  readonly generation: number;
  readonly size: number;
  readonly at: string;
  readonly broken: { readonly seq: number; readonly kind: string; readonly why: string } | null;
}

/** The newest finding of a generation, with what it rests on: a checkpoint looks at what is new, and never again at what it has signed. */
export interface Verdict extends Finding {
  /** When every record was verified last, one by one; null where none was since the custodian started. */
  readonly fullAt: string | null;
  /** When all were verified last in the shorter way, by their seals as far as there are any; null as above. */
  readonly sealsAt: string | null;
}

/** A position in a chain. */
export interface Position {
  readonly generation: number;
  readonly seq: number;
  /** MAC of the record there; 64 zeros at 0. */
  readonly mac: string;
}

/** A break that was found, until two people have ended it, and afterwards: what it covers, and where the chain went on (custody-v1.md, section 9). */
export interface Incident {
  /** `inc_…`. */
  readonly id: string;
  readonly chain: string;
  /** The first position that isn't as it was sealed, and the last that it may concern: all of `generation` from `from` on, and what follows before `successor`. */
  readonly generation: number;
  readonly from: number;
  readonly to: number;
  /** As in audit-record-v1.md, section 6. */
  readonly kind: string;
  readonly why: string;
  readonly foundAt: string;
  readonly foundBy: "checkpoint" | "verification";
  /** Whether the database didn't hold what was signed last: it was put back, emptied or swapped, and everything but looking stops. */
  readonly isFrozen: boolean;
  /** The generation in which the chain goes on, and since when that takes records; null until then. */
  readonly successor: number;
  readonly openedAt: string | null;
  /** What was signed last before it went on, and what the database said was its head; null until it went on, or where it broke in what was closed already. */
  readonly signed: Position | null;
  readonly stored: Position | null;
  /** Who ended it, by persons' ids: who asked first; `approval` is the digest of the statement. */
  readonly ended: { readonly at: string; readonly approval: string; readonly by: readonly string[] } | null;
}
