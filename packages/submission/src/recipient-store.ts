/** A recipient as it stands. */
export interface RecipientRow {
  /** `rcp_…` */
  readonly id: string;
  readonly kind: "agency" | "sponsor";
  readonly version: number;
  readonly name: string;
  /** `age1…`; null once it is withdrawn, for good. */
  readonly key: string | null;
  /** The key that it had last. */
  readonly lastKey: string;
  readonly approval: string;
  readonly atMs: number;
}

/** Port: recipients, each version by an approval. None is ever changed or removed. */
export interface RecipientStore<Tx> {
  /** Every one, by name. */
  list(): Promise<readonly RecipientRow[]>;
  byId(tx: Tx, id: string): Promise<RecipientRow | null>;
  /** Whose key this is, or was; holds every recipient until the transaction ends. */
  lockByKey(tx: Tx, key: string): Promise<string | null>;
  /** Adds a version, and the recipient with the first one. @throws SallyportError `recipient.state` for one that doesn't follow. */
  insert(tx: Tx, version: Omit<RecipientRow, "lastKey">): Promise<void>;
}
