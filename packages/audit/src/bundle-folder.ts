export { directoryReader, exportReader } from "./bundle-directory.ts";
export { assertExportable } from "./bundle-residue.ts";
export { type BundleExtras, BundleWriter } from "./bundle-writer.ts";
