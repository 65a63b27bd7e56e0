import { PDF_WORKER } from "./pdf/pdf-paths.ts";
import { WORKER_FILE } from "./verify/verifier-paths.ts";

const WORKERS: ReadonlySet<string> = new Set([WORKER_FILE, PDF_WORKER]);
/** Where a build puts its scripts. */
const OWN = /^\/_next\/static\/[A-Za-z0-9_~.-]+(?:\/[A-Za-z0-9_~.-]+)*\.js$/;

/**
 * The address of a script, if it is one of this build's own files on this origin, or the worker of the verifier or of the PDF reader.
 * @throws TypeError for any other; nothing is loaded then.
 */
export function ownScript(address: string, origin: string): string {
  const { origin: where, pathname, search, hash } = new URL(address, origin);
  if (where !== origin || search !== "" || hash !== "" || pathname.includes("..") || (!WORKERS.has(pathname) && !OWN.test(pathname))) throw new TypeError("not a script of ours");
  return pathname;
}
