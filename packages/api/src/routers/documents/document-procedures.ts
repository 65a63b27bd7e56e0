import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { getDocument } from "./get-document.ts";
import { listDocuments } from "./list-documents.ts";
import { viewDocument } from "./view-document.ts";

/** Documents, by type: each takes a right of its own, and a declaration names one. */
export const documentProcedures = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) => ({
  sequences: listDocuments(boundary, deps, "ectd_sequence"),
  correspondence: listDocuments(boundary, deps, "irb_correspondence"),
  credentials: listDocuments(boundary, deps, "investigator_credential"),
  getSequence: getDocument(boundary, deps, "ectd_sequence"),
  getCorrespondence: getDocument(boundary, deps, "irb_correspondence"),
  getCredential: getDocument(boundary, deps, "investigator_credential"),
  viewSequence: viewDocument(boundary, deps, "ectd_sequence"),
  viewCorrespondence: viewDocument(boundary, deps, "irb_correspondence"),
  viewCredential: viewDocument(boundary, deps, "investigator_credential"),
});
