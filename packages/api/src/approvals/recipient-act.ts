import { PrintedName, RecipientId, RecipientKey, RecipientKind } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { recipientFingerprint } from "@sallyport/submission";
import { z } from "zod";
import type { ApiDeps } from "../ports.ts";
import type { ApprovalAct } from "./act.ts";

const DAY_MS = 24 * 3_600_000;

/** `key` is `-` where it is withdrawn; `fingerprint` is what the approver compares, and so part of what their passkey signs. */
const Changed = z.strictObject({
  recipientId: RecipientId,
  as: z.enum(["new", "changed", "withdrawn"]),
  kind: RecipientKind,
  name: PrintedName,
  key: z.union([RecipientKey, z.literal("-")]),
  fingerprint: z.string(),
});
export type RecipientPayload = z.output<typeof Changed>;

/** What a request says of a recipient with this key. */
export const recipientPayload = (said: Omit<RecipientPayload, "fingerprint">): RecipientPayload => ({
  ...said,
  fingerprint: said.key === "-" ? "-" : recipientFingerprint(said.key),
});

/** Registers somebody whom packets are sealed to, gives them another key, or withdraws them, for good. */
export const recipientAct = <Tx>(deps: Pick<ApiDeps<Tx>, "recipients" | "isRecipientKey" | "now">): ApprovalAct<Tx, RecipientPayload> => ({
  kind: "recipient.change",
  ask: { action: "recipient.change", resource: "recipient" },
  approve: { action: "recipient.change", resource: "recipient" },
  needed: 1,
  openForMs: 7 * DAY_MS,
  usableForMs: null,
  onlyBy: null,
  payload: Changed,
  concerns: () => null,
  async effect(tx, _grant, { recipientId, as, kind, name, key, fingerprint }) {
    const owner = await deps.recipients.lockByKey(tx, key);
    const standing = await deps.recipients.byId(tx, recipientId);
    const before = standing === null ? null : recipientFingerprint(standing.lastKey);
    if (key !== "-" && !(await deps.isRecipientKey(key))) return { about: name, lines: [], refused: "recipient.key" };
    const isOther = owner !== null && owner !== recipientId;
    const isSame = standing !== null && standing.key === key && standing.name === name;
    const isThere = as === "new" ? standing === null : standing !== null && standing.key !== null && standing.kind === kind;
    return {
      about: name,
      lines: [
        { what: `recipient ${recipientId}`, before: standing?.name ?? null, after: as === "withdrawn" ? "withdrawn, for good" : `${name} (${kind})` },
        { what: "key that packets are sealed to", before: standing?.lastKey ?? null, after: as === "withdrawn" ? "nothing is sealed any more" : key },
        { what: "fingerprint of the key", before, after: fingerprint },
      ],
      refused: isThere && !isOther && !isSame ? null : "recipient.state",
    };
  },
  async perform(tx, { recipientId, as, kind, name, key, fingerprint }, { id }) {
    const standing = await deps.recipients.byId(tx, recipientId);
    if ((as === "new") !== (standing === null)) throw new SallyportError("recipient.state");
    const version = (standing?.version ?? 0) + 1;
    await deps.recipients.insert(tx, { id: recipientId, kind, version, name, key: key === "-" ? null : key, approval: id, atMs: deps.now() });
    return { recipient: recipientId, version, fingerprint };
  },
});
