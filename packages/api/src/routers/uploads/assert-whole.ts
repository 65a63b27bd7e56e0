import { createHash } from "node:crypto";
import { SallyportError } from "@sallyport/errors";
import type { UploadRow } from "@sallyport/phi";
import type { OpenedFile } from "../packets/opened-file.ts";

/**
 * Throws unless every file was received whole and is what its sender hashed.
 *
 * @throws SallyportError `packet.incomplete`, `packet.digest`, `input.invalid` where a digest is missing or too many, `phi.integrity`.
 */
export async function assertWhole(upload: UploadRow, files: readonly OpenedFile[], digests: readonly { readonly n: number; readonly sha256: string }[]): Promise<void> {
  const missing = upload.files.filter(({ bytes, received }) => received !== bytes);
  if (missing.length > 0) throw new SallyportError("packet.incomplete", { where: missing.map(({ n }) => `file ${n}: not whole`) });
  if (digests.length !== files.length || digests.some(({ n }, at) => n !== at + 1))
    throw new SallyportError("input.invalid", { where: ["files: not one digest for each, in order"] });
  const other: string[] = [];
  for (const [at, file] of files.entries()) {
    const hash = createHash("sha256");
    for await (const piece of file.open()) hash.update(piece);
    if (hash.digest("hex") !== digests[at]?.sha256) other.push(`file ${file.n}: not what was hashed`);
  }
  if (other.length > 0) throw new SallyportError("packet.digest", { where: other });
}
