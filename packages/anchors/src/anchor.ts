/** What holds a checkpoint outside of this deployment. */
export type AnchorKind = "witness" | "timestamp" | "folder";

/** A checkpoint that the custodian signed. */
export interface SignedCheckpoint {
  readonly chain: string;
  readonly generation: number;
  readonly size: number;
  /** The signed note. */
  readonly note: string;
}

/** Where the generation stands that is to be anchored further. */
export interface AnchorPosition {
  /** The size that this anchor has of it already, as far as we know; 0 for none. */
  readonly anchored: number;
  /** The consistency proof from a size (at least 1) to the checkpoint's (RFC 6962 §2.1.2). */
  readonly prove: (from: number) => Promise<readonly Buffer[]>;
}

/** Port: somebody, or something, that takes a checkpoint and keeps us from taking it back. */
export interface Anchor {
  readonly kind: AnchorKind;
  /** Printable ASCII without spaces: the witness's key name, the authority's host, the folder's last name. */
  readonly name: string;
  /**
   * Has a checkpoint kept there, and answers what shows it: a cosignature line, a TimeStampToken in base64, a file's name.
   *
   * @throws SallyportError `anchor.unavailable`, of `why: "unreached"` where nothing answered in time; `anchor.refused` where the anchor knows of another
   * history, of `why: "ahead"` with its `size` where it has a larger checkpoint, or where its answer isn't what was asked for; what `prove` throws.
   */
  hold(checkpoint: SignedCheckpoint, position: AnchorPosition): Promise<string>;
}
