import { ReconcileItemInput, ReconcileItemOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { hasten } from "@sallyport/outbox";
import type { Boundary } from "../../boundary/procedure.ts";
import { moveItem } from "../../outbox/move-item.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateItem } from "./outbox-place.ts";

/** Wants what is next for an item at once. Nothing that may have arrived is sent by it: an item in doubt has its portal asked. */
export const reconcileItem = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    { action: "outbox.reconcile", resource: "outbox", input: ReconcileItemInput, output: ReconcileItemOutput, locate: locateItem },
    {
      prepare: () => Promise.resolve(null),
      commit: async (tx, { input: { itemId }, grant, trace }) => {
        const row = await deps.outbox.lock(tx, grant, itemId);
        if (row === null) throw new SallyportError("policy.denied");
        if (row.item.state === "sealed" && !row.hasKey) throw new SallyportError("recipient.state");
        const item = hasten(row.item, deps.now());
        if (item === null) throw new SallyportError("outbox.state");
        await moveItem(deps, tx, trace, row, { item, isDisagreement: false }, null);
        return { itemId, state: item.state, next: item.state === "sealed" ? ("sent" as const) : ("asked" as const) };
      },
    },
  );
