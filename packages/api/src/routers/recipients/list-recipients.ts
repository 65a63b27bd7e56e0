import { ListRecipientsInput, ListRecipientsOutput } from "@sallyport/contracts";
import { recipientFingerprint } from "@sallyport/submission";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateSites } from "../site-place.ts";

/** Whom packets are sealed to, with the fingerprints of their keys. They are the deployment's: whoever submits anywhere sees them. */
export const listRecipients = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    { action: "recipient.read", resource: "recipient", input: ListRecipientsInput, output: ListRecipientsOutput, locate: () => locateSites(deps, {}) },
    async ({ trace, may }) => {
      const rows = await deps.recipients.list();
      trace.note({ shown: rows.length });
      return {
        recipients: rows.map(({ id, kind, name, version, key, lastKey, atMs }) => ({
          recipientId: id,
          kind,
          name,
          version,
          state: key === null ? ("withdrawn" as const) : ("active" as const),
          key: lastKey,
          fingerprint: recipientFingerprint(lastKey),
          since: new Date(atMs).toISOString(),
        })),
        mayChange: may({ action: "recipient.change", resource: "recipient" }, { kind: "deployment" }),
      };
    },
  );
