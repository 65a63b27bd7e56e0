import { RequestRecipientEndInput, RequestRecipientInput } from "@sallyport/contracts";
import { newId } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { recipientPayload } from "../../approvals/recipient-act.ts";
import type { AnyAct } from "../../approvals/registry.ts";
import { requestAct } from "../../approvals/request-act.ts";
import type { Located } from "../../boundary/decide-crossing.ts";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";

const inDeployment = (): Promise<Located<null>> => Promise.resolve({ place: { kind: "deployment" }, found: null });

/** How a recipient is asked for, changed and withdrawn: each is decided on by a second person. */
export const requestRecipientProcedures = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>, act: AnyAct<Tx>) => ({
  requestRecipient: requestAct(boundary, deps, act, {
    input: RequestRecipientInput,
    locate: inDeployment,
    payload: ({ recipientId, kind, name, key }) =>
      recipientPayload({ recipientId: recipientId ?? newId("rcp"), as: recipientId === undefined ? "new" : "changed", kind, name, key }),
    reason: ({ reason }) => reason,
  }),
  requestRecipientEnd: requestAct(boundary, deps, act, {
    input: RequestRecipientEndInput,
    locate: inDeployment,
    payload: async ({ recipientId }) => {
      const standing = await deps.read((tx) => deps.recipients.byId(tx, recipientId));
      if (standing === null) throw new SallyportError("recipient.state");
      return recipientPayload({ recipientId, as: "withdrawn", kind: standing.kind, name: standing.name, key: "-" });
    },
    reason: ({ reason }) => reason,
  }),
});
