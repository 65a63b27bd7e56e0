export { directoryReader } from "./bundle-directory.ts";
export { type BundleExtras, type BundleRow, BundleWriter } from "./bundle-writer.ts";
