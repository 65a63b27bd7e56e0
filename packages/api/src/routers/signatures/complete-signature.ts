import { CompleteSignatureInput, CompleteSignatureOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { manifestDigest, readSignatureManifest, type SignatureManifest, signingAssertion } from "@sallyport/signature";
import type { Boundary } from "../../boundary/procedure.ts";
import { DIGEST_SHOWN, tellOwnAct } from "../../notices/own-act.ts";
import type { ApiDeps } from "../../ports.ts";
import { assertSignable } from "../../signatures/assert-signable.ts";
import { signatureSummary } from "../../signatures/signature-summary.ts";
import { tellingRefusal } from "../../signatures/tell-signatures.ts";
import { locateDocument } from "../documents/document-place.ts";
import { ownSession } from "../me/own-place.ts";

interface Signed {
  readonly text: string;
  readonly manifest: SignatureManifest;
  readonly session: string;
  readonly assertion: string | null;
  readonly note: string | null;
}

/**
 * Signs what was begun, by a proof over exactly that: by all components each time, whatever was signed before in the session (ADR 0056). The challenge is used
 * up by the attempt; the signature, its record and its key commit together; and the answer waits for the checkpoint.
 */
export const completeSignature = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      action: "submission.sign",
      resource: "ectd_sequence",
      input: CompleteSignatureInput,
      output: CompleteSignatureOutput,
      evidence: true,
      locate: ({ documentId }, trace) => locateDocument(deps, "ectd_sequence", documentId, trace),
    },
    {
      prepare: async ({ input, grant, session, trace }): Promise<Signed> => {
        const own = ownSession(session);
        const ceremony = await deps.people.ceremonies.take(input.ceremony, "sign_document", deps.now());
        const text = ceremony?.expected ?? "";
        const manifest = readSignatureManifest(text);
        if (manifest === null || ceremony?.binding !== own.id || manifest.document !== input.documentId) throw new SallyportError("signature.challenge");
        const { signature, version, meaning, method, mediaType } = manifest;
        // A whole study's is recorded in `system`, however few sites the study has: there its receipt looks for it.
        const [only, ...others] = grant.sites;
        if (manifest.site === null && only !== undefined && others.length === 0) trace.concerns(only);
        trace.note({ signature, digest: manifestDigest(text), version, meaning, method, read: input.read });
        if (input.read === "shown" && mediaType === "application/zip")
          throw new SallyportError("input.invalid", { where: ["read: an archive is shown nowhere, and read in a copy"] });
        if ((method === "passkey") !== (input.proof.kind === "passkey")) throw new SallyportError("input.invalid", { where: ["proof: not of the kind that was asked for"] });
        // Before the custodian countersigns: what it verified should be what can be stored.
        await deps.read((tx) => assertSignable(deps, tx, grant, { ...manifest, session: own.id }));
        const proving = { grant, method: input.proof.kind, act: meaning, document: { id: manifest.document, study: manifest.study, site: manifest.site } };
        const { note } = await tellingRefusal(deps, proving, () => deps.stepUp.sign(grant.person, input.proof, text));
        return { text, manifest, session: own.id, note, assertion: input.proof.kind === "passkey" ? signingAssertion(input.proof.response) : null };
      },
      commit: async (tx, { grant }, { text, manifest, session, assertion, note }) => {
        const { current } = await assertSignable(deps, tx, grant, { ...manifest, session });
        // Whoever was stopped while this was under way signs no more.
        const signer = await deps.people.people.lock(tx, grant.person);
        if (signer?.status !== "active" || (await deps.people.people.isStopped(tx, grant.person, deps.now()))) throw new SallyportError("policy.denied");
        const { signature: id, document, version, person, meaning, method, supersedes } = manifest;
        const row = { id, document, version, person, meaning, method, manifest: text, digest: manifestDigest(text), assertion, note, supersedes, request: grant.requestId };
        const stored = { ...row, atMs: deps.now() };
        await deps.signatures.insert(tx, grant, stored);
        await tellOwnAct(deps, tx, {
          kind: "signature.made",
          person,
          act: meaning,
          about: `signature/${id}`,
          method,
          request: grant.requestId,
          site: current,
          facts: { document, version, document_digest: current.sha256.slice(0, DIGEST_SHOWN), digest: stored.digest.slice(0, DIGEST_SHOWN) },
        });
        // Its record is written with it.
        const words = new Map([[stored.id, { at: new Date(stored.atMs).toISOString() }]]);
        const beside = { deployment: deps.deployment, vkeys: deps.signingKey().behind, person: grant.person, words };
        return { signature: signatureSummary({ ...stored, principal: grant.principal, supersededBy: null, revoked: null }, current, beside) };
      },
    },
  );
