import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { OwnFile } from "./listener.ts";
import { VERIFIER_FILE, WORKER_FILE } from "./verify/verifier-paths.ts";

const TYPE = "text/javascript; charset=utf-8";
const read = (name: string): OwnFile => ({ type: TYPE, body: readFileSync(fileURLToPath(import.meta.resolve(`@sallyport/verifier/files/${name}`))) });

/** The verifier as a page's worker runs it, and as an auditor takes it away. Their policy lets them fetch nothing. */
export const verifierFiles = (): ReadonlyMap<string, OwnFile> =>
  new Map([
    [WORKER_FILE, read("worker.js")],
    [VERIFIER_FILE, read("sallyport-verify.mjs")],
  ]);
