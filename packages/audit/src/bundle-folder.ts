export { directoryReader, exportReader } from "./bundle-directory.ts";
export { assertExportable } from "./bundle-residue.ts";
export { type BundleExtras, type BundleRow, BundleWriter } from "./bundle-writer.ts";
