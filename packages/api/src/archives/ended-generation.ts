/** A generation that takes no records any more, as it was signed last. Hex, times in milliseconds. */
export interface EndedGeneration {
  readonly chain: string;
  readonly generation: number;
  readonly size: number;
  readonly root: string;
  readonly head: string;
  /** When it was signed last. */
  readonly endedAtMs: number;
  /** By the custodian's word; null where it wasn't archived. Persons by id; `from` and `to` are ISO times, or `-`. */
  readonly archived: {
    readonly manifest: string;
    readonly from: string;
    readonly to: string;
    readonly at: string;
    readonly approval: string;
    readonly by: readonly string[];
    readonly note: string;
    readonly isGone: boolean;
  } | null;
}

/** Port: every closed generation, by the custodian's last word, and for how many days the records of one stay at hand. */
export type EndedGenerations = () => { readonly generations: readonly EndedGeneration[]; readonly keptDays: number };
