import type { AttemptEnd, OutboxRow, Transition } from "@sallyport/outbox";
import type { Trace } from "../boundary/trace.ts";
import type { ApiDeps } from "../ports.ts";

/** What the outbox's acts stand on. */
export type OutboxDeps<Tx> = Pick<ApiDeps<Tx>, "outbox" | "routes" | "alerts" | "now">;

/** Says which item a record is about. */
export const aboutItem = (trace: Trace, itemId: string): void => trace.about(`outbox/${itemId}`);

/**
 * Moves an item, with what is known of its attempt, in the transaction of the record that says so; a portal that disagrees with us is told of in the same one.
 */
export async function moveItem<Tx>(deps: OutboxDeps<Tx>, tx: Tx, trace: Trace, row: OutboxRow, to: Transition, end: Omit<AttemptEnd, "atMs"> | null): Promise<void> {
  const atMs = deps.now();
  const { id } = row;
  const { attempt } = to.item;
  // What is known of the attempt first: the schema frees an item for another one by it.
  if (end !== null) await deps.outbox.endAttempt(tx, { itemId: id, n: attempt }, { ...end, atMs });
  await deps.outbox.put(tx, id, to.item, { atMs, isDisagreement: to.isDisagreement });
  if (to.isDisagreement) {
    const facts = { attempt, state: to.item.state };
    await deps.alerts.raise(tx, { key: `delivery.disagrees:${id}:${attempt}`, kind: "delivery.disagrees", chain: "system", about: `outbox/${id}`, facts, atMs });
  }
  aboutItem(trace, id);
  trace.note({
    attempt,
    from: row.item.state,
    to: to.item.state,
    ...(to.item.phase !== "idle" && { phase: to.item.phase }),
    ...(end !== null && { outcome: end.outcome }),
    ...(end?.failure !== undefined && end.failure !== null && { failure: end.failure }),
    ...(to.isDisagreement && { disagrees: 1 }),
  });
}
