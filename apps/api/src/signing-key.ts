import type { SigningKey } from "@sallyport/api";
import { keysBehind } from "@sallyport/audit";
import type { CustodianStatus } from "@sallyport/custody";

/**
 * The custodian's key by its last word. The keys behind it are worked out when it says something new, and not for each note that is opened: every
 * handover costs two signatures to verify.
 *
 * @param said - What the custodian said last. Throws `service.unavailable` before it said anything; `note.invalid` for a handover that isn't one to follow.
 */
export function signingKeyOf(said: () => CustodianStatus["checkpointKey"]): () => SigningKey {
  let known: SigningKey | null = null;
  return () => {
    const { vkey, handovers } = said();
    if (known === null || known.vkey !== vkey || known.handovers.join() !== handovers.join()) known = { vkey, handovers, behind: keysBehind(vkey, handovers) };
    return known;
  };
}

/** The keys that count for what one of the custodian's states: of the one in use they are known. @throws `note.invalid` for what is no verifier key. */
export const keysBehindIn = (now: SigningKey, vkey: string): readonly string[] => (vkey === now.vkey ? now.behind : keysBehind(vkey, now.handovers));
