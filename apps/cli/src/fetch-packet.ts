import { open, rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { RunningSha256 } from "@sallyport/crypto";
import type { Connection } from "@sallyport/client";
import { SallyportError } from "@sallyport/errors";
import type { Invocation } from "./command.ts";
import { UsageError } from "./usage-error.ts";

/**
 * Writes the sealed bytes of a submitted packet to a file, piece by piece: under its name only once all of it is there, with the digest that is on record.
 *
 * @throws UsageError where the file can't be written, or is there; SallyportError `packet.fetched` for other bytes than were sealed.
 */
export async function fetchPacket({ settings }: Invocation, { api }: Connection, packetId: string, out: string): Promise<{ readonly sha256: string; readonly length: number }> {
  const path = resolve(settings.workingDir, out);
  const part = `${path}.part`;
  const reserved = await open(path, "wx", 0o600).catch(() => null);
  if (reserved === null) throw new UsageError(`${out} can't be written, or is there already`);
  await reserved.close();
  const handle = await open(part, "w", 0o600);
  let isWhole = false;
  try {
    const digest = new RunningSha256();
    let told = { sha256: "", length: 0 };
    for (let from: number | null = 0; from !== null; ) {
      const piece: { content: string; next: number | null; sha256: string; length: number } = await api.submissions.download.mutate({ packetId, from });
      const bytes = Buffer.from(piece.content, "base64");
      digest.update(bytes);
      await handle.write(bytes);
      told = { sha256: piece.sha256, length: piece.length };
      from = piece.next;
    }
    await handle.sync();
    if (digest.hex() !== told.sha256) throw new SallyportError("packet.fetched");
    await rename(part, path);
    isWhole = true;
    return told;
  } finally {
    await handle.close();
    if (!isWhole) await Promise.all([rm(part, { force: true }), rm(path, { force: true })]);
  }
}
