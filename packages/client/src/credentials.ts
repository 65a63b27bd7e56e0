import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import type { Identity } from "@sallyport/pki";
import { SallyportClientError } from "./client-error.ts";

/** Where a workload's key, certificate and authority lie (PEM). The key must be readable by its owner alone. */
export interface CredentialPaths {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

/** A certificate with its key, read together. */
export interface Credentials {
  readonly identity: Identity;
  readonly notAfterMs: number;
}

const OTHERS = 0o077;

/**
 * Reads a key, its certificate and the authority.
 *
 * @throws SallyportClientError `secret.missing` for a file that isn't there or doesn't belong to the others, `secret.exposed`
 * for a key that others can read; `where` names the file.
 */
export function readCredentials(paths: CredentialPaths): Credentials {
  if (process.platform !== "win32" && (modeOf(paths.key) & OTHERS) !== 0) throw new SallyportClientError("secret.exposed", { where: [paths.key] });
  const identity: Identity = { keyPem: readText(paths.key), certPem: readText(paths.cert), caPem: readText(paths.ca) };
  return { identity, notAfterMs: Date.parse(pairOf(identity, paths.cert).validTo) };
}

/** Changes whenever one of the files is replaced or written. */
export function stampOf(paths: CredentialPaths): string {
  return [paths.key, paths.cert, paths.ca]
    .map((path) => {
      const facts = statSync(path, { bigint: true, throwIfNoEntry: false });
      return facts === undefined ? "-" : `${facts.ino}:${facts.mtimeNs}:${facts.size}`;
    })
    .join(" ");
}

function modeOf(path: string): number {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts === undefined) throw new SallyportClientError("secret.missing", { where: [path] });
  return facts.mode;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new SallyportClientError("secret.missing", { where: [path], ...(error instanceof Error && { cause: error }) });
  }
}

/** The leaf certificate, once it is proven to belong to the key: in the middle of a renewal it may not. */
function pairOf(identity: Identity, certPath: string): X509Certificate {
  try {
    const certificate = new X509Certificate(identity.certPem);
    if (certificate.checkPrivateKey(createPrivateKey(identity.keyPem))) return certificate;
  } catch (error) {
    throw new SallyportClientError("secret.missing", { where: [certPath], ...(error instanceof Error && { cause: error }) });
  }
  throw new SallyportClientError("secret.missing", { where: [certPath] });
}
