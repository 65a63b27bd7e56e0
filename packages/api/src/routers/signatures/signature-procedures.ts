import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { beginSignature } from "./begin-signature.ts";
import { completeSignature } from "./complete-signature.ts";
import { revokeSignature } from "./revoke-signature.ts";
import { signatureReceipt } from "./signature-receipt.ts";
import { acceptStatement, signingStatement } from "./signing-statement.ts";

/** Signing documents. */
export const signatureProcedures = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) => ({
  statement: signingStatement(boundary, deps),
  accept: acceptStatement(boundary, deps),
  begin: beginSignature(boundary, deps),
  complete: completeSignature(boundary, deps),
  revoke: revokeSignature(boundary, deps),
  receipt: signatureReceipt(boundary, deps),
});
