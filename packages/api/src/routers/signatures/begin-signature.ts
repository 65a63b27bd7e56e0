import { BeginSignatureInput, BeginSignatureOutput } from "@sallyport/contracts";
import { newId } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { manifestDigest, signatureManifest, SIGNING_MS } from "@sallyport/signature";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { accountabilityDigest } from "../../signatures/accountability.ts";
import { assertSignable } from "../../signatures/assert-signable.ts";
import { locateDocument } from "../documents/document-place.ts";
import { ownSession } from "../me/own-place.ts";

const NONCE_BYTES = 16;

/** Makes what is to be signed: of the version that was shown in this session, once, within five minutes, in this session alone. */
export const beginSignature = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      action: "submission.sign",
      resource: "ectd_sequence",
      input: BeginSignatureInput,
      output: BeginSignatureOutput,
      locate: ({ documentId }, trace) => locateDocument(deps, "ectd_sequence", documentId, trace),
      beginsAnew: true,
    },
    async ({ input, grant, session, trace }) => {
      const own = ownSession(session);
      const { documentId: document, version, sha256, meaning, supersedes = null } = input;
      if (!(await deps.people.people.isIdentified(own.person))) throw new SallyportError("signature.identity");
      if ((await deps.signatures.acceptedAt(own.person, accountabilityDigest)) === null) throw new SallyportError("signature.statement");
      const signing = { document, version, sha256, meaning, supersedes, session: own.id };
      const { current, author } = await deps.read((tx) => assertSignable(deps, tx, grant, signing));
      const person = await deps.people.people.byId(own.person);
      if (person === null) throw new SallyportError("policy.denied");
      const passkeys = (await deps.people.people.passkeys(own.person)).map(({ credentialId }) => credentialId);
      const nowMs = deps.now();
      const manifest = signatureManifest({
        deployment: deps.deployment,
        signature: newId("sig"),
        study: current.study,
        site: current.site,
        document,
        version,
        type: current.type,
        mediaType: current.mediaType,
        bytes: current.bytes,
        sha256,
        author,
        person: own.person,
        printedName: person.printedName,
        meaning,
        method: passkeys.length > 0 ? "passkey" : "server-attested",
        accountability: accountabilityDigest,
        preparedAt: new Date(nowMs).toISOString(),
        nonce: deps.random(NONCE_BYTES).toString("base64url"),
        supersedes,
      });
      const digest = manifestDigest(manifest);
      const [ceremony, expiresMs] = [newId("cer"), nowMs + SIGNING_MS];
      await deps.people.ceremonies.put({ id: ceremony, purpose: "sign_document", binding: own.id, expected: manifest, expiresMs });
      trace.note({ ceremony, digest, version, meaning });
      const options = passkeys.length > 0 ? await deps.passkeys.assertionOptions(Buffer.from(digest, "hex"), passkeys) : null;
      return { ceremony, manifest, digest, options, expiresAt: new Date(expiresMs).toISOString() };
    },
  );
