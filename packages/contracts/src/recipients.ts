import { z } from "zod";
import { PrintedName } from "./people.ts";
import { IsoTime, Reason, RecipientId } from "./primitives.ts";
import { strict } from "./strict.ts";

/** An X25519 recipient of the age format. */
export const RecipientKey = z.string().regex(/^age1[023456789ac-hj-np-z]{58}$/);
export const RecipientKind = z.enum(["agency", "sponsor"]);

/**
 * Registers a recipient, or, with the id of one, gives it another name or key. A second person approves it with the key's fingerprint before them.
 */
export const RequestRecipientInput = strict({ recipientId: RecipientId.optional(), kind: RecipientKind, name: PrintedName, key: RecipientKey, reason: Reason });
/** Withdraws one, for good: nothing is sealed to it any more. */
export const RequestRecipientEndInput = strict({ recipientId: RecipientId, reason: Reason });

export const ListRecipientsInput = strict({});
export const ListRecipientsOutput = strict({
  recipients: z.array(
    z.strictObject({
      recipientId: RecipientId,
      kind: RecipientKind,
      name: z.string(),
      version: z.int().min(1),
      state: z.enum(["active", "withdrawn"]),
      /** The key that it has, or had last. */
      key: RecipientKey,
      /** SHA-256 of the key's text: what people compare. */
      fingerprint: z.string().regex(/^sha256:[0-9a-f]{64}$/),
      since: IsoTime,
    }),
  ),
  mayChange: z.boolean(),
});
