import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { packageNameOf, versionOf } from "./installed-version.mjs";

const SPECIFIER = /(\bfrom\s*|\bimport\s*\(\s*|\bimport\s+)(["'])([^"']+)\2/g;

/**
 * Copies a declaration file with every declaration of ours that it reaches, one folder a package, and makes each import of
 * ours a relative one. Answers the entry's place and the versions of the packages that the declarations import.
 */
export function copyTypes(entry, outdir) {
  const versions = new Map();
  const seen = new Set();
  const waiting = [realpathSync(entry)];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const target = join(outdir, placeOf(file));
    const text = readFileSync(file, "utf8").replace(/\n?\/\/# sourceMappingURL=.*\n?$/, "\n");
    const rewritten = text.replace(SPECIFIER, (whole, keyword, quote, specifier) => {
      const own = ownDeclaration(specifier, file);
      if (own === null) {
        if (!isBuiltin(specifier)) versions.set(packageNameOf(specifier), versionOf(packageNameOf(specifier), [file]));
        return whole;
      }
      waiting.push(own);
      const path = relative(dirname(target), join(outdir, placeOf(own))).replace(/\.d\.ts$/, ".js");
      return `${keyword}${quote}${path.startsWith(".") ? path : `./${path}`}${quote}`;
    });
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, rewritten);
  }
  return { entry: placeOf(realpathSync(entry)), versions };
}

/** `client/index.d.ts` of `…/packages/client/dist/index.d.ts`. */
function placeOf(file) {
  const root = packageRootOf(file);
  const { name } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return join(name.replace("@sallyport/", ""), relative(join(root, "dist"), file));
}

function packageRootOf(file) {
  let folder = dirname(file);
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}

/** The declaration file that a specifier of ours stands for, or null for a package of others. */
function ownDeclaration(specifier, file) {
  if (specifier.startsWith(".")) return resolve(dirname(file), specifier.replace(/\.(?:d\.ts|[jt]s)$/, ".d.ts"));
  if (!specifier.startsWith("@sallyport/")) return null;
  const name = packageNameOf(specifier);
  const root = realpathSync(join(packageRootOf(file), "node_modules", name));
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const { types } = exports[`.${specifier.slice(name.length)}`];
  return join(root, types);
}
