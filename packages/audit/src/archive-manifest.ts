import { sha256Hex } from "@sallyport/crypto";
import { bundleFiles, checkpointsFile, cosignedFile, type Manifest, MANIFEST_FILE, STATEMENT_FILE } from "./bundle-model.ts";
import type { ExportStatement } from "./export-statement.ts";
import { manifestText } from "./manifest.ts";

/**
 * Whether a manifest is that of the bundle with this statement: in its one spelling, with a bundle's files and no others, the statement and the checkpoints
 * being the stated ones. The records' digest is for who has the records.
 *
 * @param note - The statement as signed, which says `statement`.
 */
export function isManifestOf(manifest: string, note: string, statement: ExportStatement): boolean {
  try {
    const { files } = JSON.parse(manifest) as Manifest;
    if (manifestText(files) !== manifest) return false;
    const expected = bundleFiles(statement.generations.map(({ generation }) => generation)).filter((name) => name !== MANIFEST_FILE);
    // Cosignatures prove themselves: whoever archives has them there, or not.
    const optional = statement.generations.map(({ generation }) => cosignedFile(generation));
    const named = files.map(({ name }) => name).filter((name) => !optional.includes(name));
    if (named.length !== expected.length || !expected.every((name) => named.includes(name))) return false;
    const digestOf = (name: string): string | undefined => files.find((file) => file.name === name)?.sha256;
    return digestOf(STATEMENT_FILE) === sha256Hex(note) && statement.generations.every((stated) => digestOf(checkpointsFile(stated.generation)) === stated.checkpointsSha256);
  } catch {
    return false;
  }
}
