import { readFileSync } from "node:fs";
import { join } from "node:path";
import { equalHex, hmacHex, openBytes, sealBytes } from "@sallyport/crypto";
import type { RootKey } from "@sallyport/custody/journal";
import { SallyportError } from "@sallyport/errors";
import { z } from "zod";

export const MANIFEST = "manifest.json";
export const MANIFEST_MAC = "manifest.mac";
const BYTES_MAX = 256 * 2 ** 20;

/** Relative, without a step upwards, in characters that need no quoting anywhere. */
const PlainPath = z.string().regex(/^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[A-Za-z0-9_.-]+(?:\/[A-Za-z0-9_.-]+)*$/);
const Hex64 = z.string().regex(/^[0-9a-f]{64}$/);

/** What a backup says of itself (docs/spec/backup-v1.md). Paths are relative to the deployment's folder. */
const Manifest = z.strictObject({
  v: z.literal(1),
  deployment: z.string().regex(/^d[a-z0-9]{1,40}$/),
  made: z.iso.datetime(),
  /** Whether the product ran while it was made. */
  running: z.boolean(),
  folders: z.array(PlainPath),
  files: z.array(z.strictObject({ path: PlainPath, bytes: z.int().min(0), sha256: Hex64 })),
  /** The database superuser's password, sealed under the root key; base64url. */
  password: z.string(),
});
export type Manifest = z.infer<typeof Manifest>;

const place = (deployment: string) => ({ scope: `backup/${deployment}`, id: "superuser.password", index: 0, last: true });

/** Seals the one secret that a backup holds. */
export async function sealPassword(rootKey: RootKey, deployment: string, password: string): Promise<string> {
  const key = await rootKey.derive("backup");
  return sealBytes({ id: "backup", key }, place(deployment), Buffer.from(password, "utf8")).toString("base64url");
}

/** @throws SallyportError `backup.key`. */
export async function openPassword(rootKey: RootKey, { deployment, password }: Manifest): Promise<string> {
  const key = await rootKey.derive("backup");
  try {
    return openBytes({ id: "backup", key }, place(deployment), Buffer.from(password, "base64url")).toString("utf8");
  } catch (error) {
    throw new SallyportError("backup.key", {}, error);
  }
}

/** The manifest's two files. @throws SallyportError `internal` where it is none that a restore would take: that has to show now. */
export async function manifestFiles(rootKey: RootKey, manifest: Manifest): Promise<Readonly<Record<string, string>>> {
  if (!Manifest.safeParse(manifest).success) throw new SallyportError("internal", { reason: "the manifest names something that a restore would refuse" });
  const text = `${JSON.stringify(manifest)}\n`;
  return { [MANIFEST]: text, [MANIFEST_MAC]: `${hmacHex(await rootKey.derive("backup-manifest"), text)}\n` };
}

/**
 * Reads a backup's manifest.
 * @throws SallyportError `backup.unreadable` where there is none; `backup.key` where it wasn't made under this root key, or was altered.
 */
export async function readManifest(folder: string, rootKey: RootKey): Promise<Manifest> {
  const text = textOf(join(folder, MANIFEST));
  const mac = textOf(join(folder, MANIFEST_MAC)).trim();
  if (!equalHex(hmacHex(await rootKey.derive("backup-manifest"), text), mac)) throw new SallyportError("backup.key", {});
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  const parsed = Manifest.safeParse(value);
  if (!parsed.success) throw new SallyportError("backup.unreadable", { file: MANIFEST });
  return parsed.data;
}

function textOf(path: string): string {
  try {
    const bytes = readFileSync(path);
    if (bytes.length > BYTES_MAX) throw new RangeError("too long");
    return bytes.toString("utf8");
  } catch (error) {
    throw new SallyportError("backup.unreadable", { file: path }, error);
  }
}
