import { X509Certificate } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A certificate of this home, by the folder that it lies in. */
export interface CertificateFile {
  /** `identity/api`, `profiles/reviewer`. */
  readonly name: string;
  /** Null where it can't be read. */
  readonly life: { readonly fromMs: number; readonly untilMs: number } | null;
}

/** The certificates under `identity` or `profiles` of a home; none where the folder can't be listed. */
export function certificateFiles(home: string, kind: "identity" | "profiles"): readonly CertificateFile[] {
  return folderNames(join(home, kind)).map((name) => ({ name: `${kind}/${name}`, life: lifeOf(join(home, kind, name, "cert.pem")) }));
}

function folderNames(path: string): readonly string[] {
  if (!existsSync(path)) return [];
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  } catch {
    return [];
  }
}

function lifeOf(path: string): CertificateFile["life"] {
  try {
    const { validFrom, validTo } = new X509Certificate(readFileSync(path));
    return { fromMs: Date.parse(validFrom), untilMs: Date.parse(validTo) };
  } catch {
    return null;
  }
}
