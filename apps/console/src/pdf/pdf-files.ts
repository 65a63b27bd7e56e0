import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { OwnFile } from "../listener.ts";
import { PDF_CMAPS, PDF_DECODERS, PDF_FONTS, PDF_WORKER } from "./pdf-paths.ts";

const SCRIPT = "text/javascript; charset=utf-8";
const BYTES = "application/octet-stream";

/**
 * The policy of the worker that reads a PDF: it may import this console's own scripts, which is how it comes by a decoder, and nothing else. It
 * fetches nothing, from here neither, and no string or binary becomes code.
 */
const WORKER_POLICY = "default-src 'none'; script-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

function script(path: string): OwnFile {
  const body = readFileSync(path);
  return { type: SCRIPT, body, gzipped: gzipSync(body) };
}

/** What the reader of PDFs consists of beside the page's own scripts, as its package has it. */
export function pdfFiles(): ReadonlyMap<string, OwnFile> {
  const home = dirname(fileURLToPath(import.meta.resolve("pdfjs-dist/package.json")));
  const folder = (name: string, address: string, ending: RegExp): readonly (readonly [string, OwnFile])[] =>
    readdirSync(join(home, name))
      .filter((file) => ending.test(file))
      .map((file) => [address + file, { type: BYTES, body: readFileSync(join(home, name, file)) }]);
  const decoder = "openjpeg_nowasm_fallback.js";
  return new Map([
    [PDF_WORKER, { ...script(join(home, "legacy/build/pdf.worker.min.mjs")), policy: WORKER_POLICY }],
    [PDF_DECODERS + decoder, script(join(home, "wasm", decoder))],
    ...folder("cmaps", PDF_CMAPS, /\.bcmap$/),
    ...folder("standard_fonts", PDF_FONTS, /\.(?:pfb|ttf)$/),
  ]);
}
