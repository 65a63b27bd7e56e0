import { GetDocumentInput, GetDocumentOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { DocumentType } from "@sallyport/phi";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { signatureSummary } from "../../signatures/signature-summary.ts";
import { tellBroken } from "../../signatures/tell-signatures.ts";
import { trailWords } from "../../signatures/trail-word.ts";
import { locateDocument } from "./document-place.ts";

/** A document's versions with their signatures, each verified as it is read. One that doesn't verify is shown as broken, on record, and told. */
export const getDocument = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>, type: DocumentType) =>
  boundary.read(
    {
      action: "document.read",
      resource: type,
      input: GetDocumentInput,
      output: GetDocumentOutput,
      locate: ({ documentId }, trace) => locateDocument(deps, type, documentId, trace),
    },
    async ({ input: { documentId }, grant, found, trace, may, session }) => {
      const { versions, signatures, shown } = await deps.read(async (tx) => ({
        versions: await deps.documents.versions(tx, grant, documentId),
        signatures: await deps.signatures.of(tx, grant, documentId),
        shown: session === null ? new Map<number, number>() : await deps.signatures.shown(tx, grant, documentId, session.id),
      }));
      const words = await trailWords(deps, grant, signatures);
      const [current] = versions;
      if (current === undefined) throw new SallyportError("policy.denied");
      const [names, packets] = await Promise.all([deps.names(), Promise.all(versions.map(({ packet }) => deps.packets.placeOf(packet)))]);
      const beside = { deployment: deps.deployment, vkeys: deps.signingKey().behind, person: grant.person, words };
      const shownOf = versions.map((row, at) => ({
        version: row.version,
        mediaType: row.mediaType,
        bytes: row.bytes,
        sha256: row.sha256,
        releasedByName: names[row.releasedBy] ?? null,
        releasedAt: new Date(row.releasedAtMs).toISOString(),
        isMine: packets[at]?.ingestedByPerson === grant.person,
        isShown: shown.get(row.version) === row.bytes,
        signatures: signatures.filter(({ version }) => version === row.version).map((signature) => signatureSummary(signature, row, beside)),
      }));
      const broken = await tellBroken(
        deps,
        current,
        shownOf.flatMap((version) => version.signatures),
      );
      trace.note({ versions: versions.length, signatures: signatures.length, broken: broken.length });
      const { study, site } = current;
      return { documentId, type, study, site, maySign: may({ action: "submission.sign", resource: type }, found), versions: shownOf };
    },
  );
