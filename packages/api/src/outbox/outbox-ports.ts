import type { OutboxStore, RouteStore } from "@sallyport/outbox";
import type { SealedPackets } from "@sallyport/submission";

/** What the outbox stands on beside the rest. */
export interface OutboxPorts<Tx> {
  readonly outbox: OutboxStore<Tx>;
  readonly routes: RouteStore<Tx>;
  /** The sealed bytes of what was submitted. */
  readonly sealedPackets: Pick<SealedPackets, "read">;
}
