import { join } from "node:path";

/** The repository's folder. */
export const root = join(import.meta.dirname, "..", "..");

/** Where it is kept what was installed and built; removed together with the installation. */
export const stamps = join(root, "node_modules", ".sallyport");
