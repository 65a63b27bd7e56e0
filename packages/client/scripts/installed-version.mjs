import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** The package that a specifier belongs to: `@trpc/server` of `@trpc/server/observable`. */
export const packageNameOf = (specifier) =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");

/** The version that the first of these files would import: the one that was tested. */
export function versionOf(name, importers) {
  for (const importer of importers) {
    for (let folder = dirname(resolve(importer)); ; folder = dirname(folder)) {
      const manifest = join(folder, "node_modules", name, "package.json");
      if (existsSync(manifest)) return JSON.parse(readFileSync(manifest, "utf8")).version;
      if (folder === dirname(folder)) break;
    }
  }
  throw new Error(`no importer has ${name} installed`);
}
