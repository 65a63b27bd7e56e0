export { directoryReader, exportReader } from "./bundle-directory.ts";
export { type BundleExtras, type BundleRow, BundleWriter } from "./bundle-writer.ts";
