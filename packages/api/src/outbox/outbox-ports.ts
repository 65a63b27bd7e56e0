import type { OutboxStore, RouteStore } from "@sallyport/outbox";

/** What the outbox stands on beside the rest. */
export interface OutboxPorts<Tx> {
  readonly outbox: OutboxStore<Tx>;
  readonly routes: RouteStore<Tx>;
}
