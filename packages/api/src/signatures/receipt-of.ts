import { chainOf, fingerprintOf, recordProofKey } from "@sallyport/audit";
import { SallyportError } from "@sallyport/errors";
import type { DocumentRow, StandingSignature } from "@sallyport/phi";
import type { Grant } from "@sallyport/policy";
import { receiptText, verifyReceipt } from "@sallyport/signature";
import { storedProof } from "../archives/stored-proof.ts";
import type { ApiDeps } from "../ports.ts";

/**
 * The receipt of a signature that holds, with the proof of its record, verified as whoever gets it will; and the fingerprint of the key that states it.
 *
 * @throws SallyportError `signature.invalid` where it wouldn't hold; `trail.archived` where the record was taken out with its generation; `service.busy` where what was just committed isn't found yet: it is, a moment later.
 */
export async function receiptOf<Tx>(
  deps: ApiDeps<Tx>,
  grant: Grant,
  { id, manifest, assertion, note, atMs }: StandingSignature,
  { study, site }: DocumentRow,
): Promise<{ readonly text: string; readonly fingerprint: string }> {
  const chain = chainOf({ study, site });
  const record = (await deps.read((tx) => deps.signatures.records(tx, grant, id))).find((each) => each.chain === chain);
  const proof = await storedProof(deps, record, { chain, fromMs: atMs });
  // Stated by the key that signed the checkpoint in it, which for a moment after a turn is the one before.
  const { vkey, handovers } = recordProofKey(proof);
  const text = receiptText({ manifest, assertion, note, proof, vkey, handovers });
  const { whole, breaks } = verifyReceipt(text);
  if (!whole) throw new SallyportError("signature.invalid", { signature: id, why: breaks[0]?.why ?? "-" });
  return { text, fingerprint: fingerprintOf(vkey) };
}
