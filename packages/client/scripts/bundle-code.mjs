import { isBuiltin } from "node:module";
import { build } from "esbuild";
import { packageNameOf, versionOf } from "./installed-version.mjs";

/**
 * Bundles an entry with the @sallyport packages that it uses into one module. Everything else stays an import, and its
 * version is answered by name. What nothing uses is left out: none of our modules does anything by being imported.
 */
export async function bundleCode(entry, outfile) {
  const used = await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    metafile: true,
    logLevel: "warning",
    plugins: [{ name: "outside", setup: keepOutside }],
  });
  const imports = Object.values(used.metafile.outputs).flatMap((output) => output.imports);
  const names = new Set(imports.filter(({ external, path }) => external && !isBuiltin(path)).map(({ path }) => packageNameOf(path)));
  const importers = Object.keys(used.metafile.inputs);
  return { versions: new Map([...names].map((name) => [name, versionOf(name, importers)])) };
}

function keepOutside(builder) {
  builder.onResolve({ filter: /.*/ }, async ({ path, resolveDir, importer, kind, pluginData }) => {
    if (pluginData === "asked" || kind === "entry-point") return null;
    if (isBuiltin(path)) return { path, external: true, sideEffects: false };
    if (!path.startsWith(".") && !path.startsWith("@sallyport/")) return { path, external: true, sideEffects: false };
    const found = await builder.resolve(path, { resolveDir, importer, kind, pluginData: "asked" });
    return found.errors.length > 0 ? found : { path: found.path, sideEffects: false };
  });
}
