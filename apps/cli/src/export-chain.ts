import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type BundleVerdict, bundleFiles, verifyBundle } from "@sallyport/audit";
import { BundleWriter, directoryReader } from "@sallyport/audit/bundle-folder";
import type { CallContext, Connection } from "@sallyport/client";
import { SallyportError } from "@sallyport/errors";
import { vocabulary } from "./vocabulary.ts";

const PAGE_RECORDS = 1000;

export interface Exported {
  readonly chain: string;
  readonly records: number;
  readonly generations: number;
  readonly fingerprint: string;
  readonly verdict: BundleVerdict;
}

export interface ExportPlan {
  readonly chain: string;
  /** Absolute; made if it isn't there. */
  readonly folder: string;
  readonly context: CallContext;
  /** Told after each page. */
  readonly onProgress: (records: number, of: number) => void;
}

/**
 * Writes a chain of the trail as a bundle, page by page, and verifies what it wrote under the key that the api named.
 * What it wrote is taken away again where it fails half-way.
 *
 * @throws SallyportError `bundle.exists` unless the folder is empty; what the calls fail with.
 */
export async function exportChain({ api }: Connection, { chain, folder, context, onProgress }: ExportPlan): Promise<Exported> {
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length > 0) throw new SallyportError("bundle.exists");
  const opened = await api.trail.openExport.query({ chain }, { context });
  const total = opened.generations.reduce((sum, { size }) => sum + size, 0);
  try {
    const writer = await BundleWriter.create(folder, opened.statement);
    let written = 0;
    for (const { generation, size, checkpoints } of opened.generations) {
      await writer.open(generation);
      for (let from = 1; from <= size; ) {
        const limit = Math.min(PAGE_RECORDS, size - from + 1);
        const { lines, signatures } = await api.trail.readExport.query({ chain, generation, from, limit }, { context });
        // Where records are missing, the page is shorter: the verdict on the bundle says so.
        if (lines.length !== signatures.length) throw new SallyportError("trail.unavailable", { reason: "the api answered with less than it stated" });
        await writer.addRows(lines.map((line, index) => ({ line, leafSignature: signatures[index] ?? "" })));
        from = nextAfter(lines, from, limit);
        written += lines.length;
        onProgress(written, total);
      }
      await writer.addCheckpoints(checkpoints);
    }
    await writer.finish({ names: opened.names, vocabulary });
  } catch (error) {
    await removeWritten(
      folder,
      opened.generations.map(({ generation }) => generation),
    );
    throw error;
  }
  const verdict = await verifyBundle(directoryReader(folder), { fingerprint: opened.fingerprint });
  return { chain, records: total, generations: opened.generations.length, fingerprint: opened.fingerprint, verdict };
}

/** Where the next page begins: behind the last line, by its own number where that can be; where nothing stands, behind what was asked for. */
function nextAfter(lines: readonly string[], from: number, limit: number): number {
  if (lines.length === 0) return from + limit;
  const seq = Number(/"seq":(\d+),"site":"/.exec(lines.at(-1) ?? "")?.[1] ?? 0);
  return seq >= from && seq < from + limit ? seq + 1 : from + lines.length;
}

/** Only files of the names that a bundle has: the folder was empty, but is not ours to clear. */
async function removeWritten(folder: string, generations: readonly number[]): Promise<void> {
  for (const name of bundleFiles(generations)) await rm(join(folder, name), { force: true });
}
