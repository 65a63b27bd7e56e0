import { RevokeSignatureInput, RevokeSignatureOutput } from "@sallyport/contracts";
import { sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { StandingSignature } from "@sallyport/phi";
import type { Grant } from "@sallyport/policy";
import type { Boundary } from "../../boundary/procedure.ts";
import { tellOwnAct } from "../../notices/own-act.ts";
import type { ApiDeps } from "../../ports.ts";
import { sealReason } from "../../sealed-reason.ts";
import { signatureSummary } from "../../signatures/signature-summary.ts";
import { tellingRefusal } from "../../signatures/tell-signatures.ts";
import { locateDocument } from "../documents/document-place.ts";
import { ownSession } from "../me/own-place.ts";

/** What a passkey signs to revoke a signature of its person's, as 64 hex digits. A signature is revoked once, so a proof over it is good once. */
export const revocationDigest = (person: string, signature: string): string => sha256Hex(`sallyport/revoke/v1\n${person}\n${signature}\n`);

/** Revokes a signature of mine. It stays, with what it signed, and reads as revoked from then on. */
export const revokeSignature = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) => {
  const standing = async (tx: Tx, grant: Grant, document: string, id: string): Promise<StandingSignature> => {
    const row = (await deps.signatures.of(tx, grant, document)).find((each) => each.id === id);
    if (row?.person !== grant.person) throw new SallyportError("policy.denied");
    if (row.revoked !== null || row.supersededBy !== null) throw new SallyportError("signature.state");
    return row;
  };
  return boundary.change(
    {
      action: "submission.sign",
      resource: "ectd_sequence",
      input: RevokeSignatureInput,
      output: RevokeSignatureOutput,
      evidence: true,
      locate: ({ documentId }, trace) => locateDocument(deps, "ectd_sequence", documentId, trace),
    },
    {
      prepare: async ({ input: { documentId, signatureId, reason: text, proof }, grant, session, trace }) => {
        ownSession(session);
        const { digest } = await deps.read((tx) => standing(tx, grant, documentId, signatureId));
        const reason = sealReason((await deps.referenceKeys()).change, grant, text);
        trace.note({ revoked: signatureId, digest, proof: proof.kind, commitment: reason.commitment });
        const place = await deps.documents.placeOf(documentId);
        if (place === null) throw new SallyportError("policy.denied");
        const proving = { grant, method: proof.kind, act: "revoke a signature", document: { id: documentId, study: place.study, site: place.site } };
        await tellingRefusal(deps, proving, () => deps.stepUp.attest(grant.person, proof, revocationDigest(grant.person, signatureId)));
        return reason;
      },
      commit: async (tx, { input: { documentId, signatureId, proof }, grant }, reason) => {
        const row = await standing(tx, grant, documentId, signatureId);
        const atMs = deps.now();
        await deps.changes.insert(tx, reason);
        await deps.signatures.revoke(tx, grant, signatureId, { reason: reason.id, atMs });
        const version = (await deps.documents.versions(tx, grant, documentId)).find((each) => each.version === row.version);
        if (version === undefined) throw new SallyportError("policy.denied");
        await tellOwnAct(deps, tx, {
          kind: "proof.used",
          person: grant.person,
          act: "revoke a signature",
          about: `signature/${signatureId}`,
          method: proof.kind,
          request: grant.requestId,
          site: version,
        });
        const words = new Map([[signatureId, { at: new Date(row.atMs).toISOString() }]]);
        const beside = { deployment: deps.deployment, vkeys: deps.signingKey().behind, person: grant.person, words };
        return { signature: signatureSummary({ ...row, revoked: { principal: grant.principal, atMs } }, version, beside) };
      },
    },
  );
};
