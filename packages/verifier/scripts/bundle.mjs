import { mkdirSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { build } from "esbuild";

// Makes of the built modules the two files that a verification needs: one for Node with nothing beside it, and one for a browser's worker.

const dist = join(import.meta.dirname, "../dist");
const out = join(dist, "files");
mkdirSync(out, { recursive: true });

/** None of our modules does anything by being imported, so what a verifier doesn't use is left out. */
const pure = {
  name: "pure",
  setup(builder) {
    builder.onResolve({ filter: /^(?:\.|@sallyport\/)/ }, async ({ path, resolveDir, importer, kind, pluginData }) => {
      if (pluginData === "asked" || kind === "entry-point") return null;
      const found = await builder.resolve(path, { resolveDir, importer, kind, pluginData: "asked" });
      return found.errors.length > 0 ? found : { path: found.path, sideEffects: false };
    });
  },
};

const common = { bundle: true, minify: false, legalComments: "inline", logLevel: "warning", plugins: [pure], metafile: true };

const forNode = await build({
  ...common,
  entryPoints: [join(dist, "node-main.js")],
  outfile: join(out, "sallyport-verify.mjs"),
  format: "esm",
  platform: "node",
  target: "node20",
  banner: { js: "// Sallyport's offline verifier: node sallyport-verify.mjs FOLDER [--key sha256:HEX]. It needs Node 20 and nothing else." },
});
const forBrowser = await build({
  ...common,
  entryPoints: [join(dist, "browser/worker.js")],
  outfile: join(out, "worker.js"),
  format: "iife",
  platform: "browser",
  target: "es2022",
  alias: { "node:crypto": join(dist, "browser/node-crypto.js") },
  inject: [join(dist, "browser/buffer.js")],
  banner: { js: "// Sallyport's verifier for a browser: it reads the files that it is handed, and fetches nothing." },
});

for (const { metafile } of [forNode, forBrowser])
  for (const { imports } of Object.values(metafile.outputs))
    for (const { path } of imports) if (metafile !== forNode.metafile || !isBuiltin(path)) throw new Error(`a file that stands alone imports ${path}`);
