/** A sealed packet as it is handed to whoever sends it. */
export interface OutboxItem {
  readonly packetId: string;
  readonly recipientId: string;
  /** The key that it was sealed to. It is sent for as long as its recipient has it. */
  readonly recipientKey: string;
  /** Of the sealed bytes, 64 lower-case hex digits. */
  readonly sha256: string;
  /** Of the sealed bytes. */
  readonly length: number;
  /** One for a submit: enqueued twice, it is one item. */
  readonly idempotencyKey: string;
}

/** Port: takes a packet for sending. It is in the outbox if, and only if, the transaction commits that records its submission. */
export interface OutboxPort<Tx> {
  enqueue(tx: Tx, item: OutboxItem): Promise<void>;
}

/** Port: the sealed bytes of packets that were submitted, and of no others, for whoever sends them. */
export interface SealedPackets {
  /** How long they are, and their digest; null where no packet of this id was submitted. */
  open(packetId: string): Promise<{ readonly length: number; readonly sha256: string; readonly recipientId: string } | null>;
  /**
   * Bytes from `offset` on, in a whole number of stored chunks where there is room for one: at most `maxBytes`, at least one unless `offset` is the end.
   *
   * @throws SallyportError `packet.state` where no packet of this id was submitted.
   */
  read(packetId: string, offset: number, maxBytes: number): Promise<Buffer>;
}
