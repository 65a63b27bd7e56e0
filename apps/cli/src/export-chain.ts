import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type BundleVerdict, bundleFiles, cosignedFile, verifyBundle } from "@sallyport/audit";
import { assertExportable, BundleWriter, directoryReader } from "@sallyport/audit/bundle-folder";
import type { CallContext, Connection } from "@sallyport/client";
import { SallyportError } from "@sallyport/errors";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { vocabulary } from "./vocabulary.ts";

/** As many as the api answers at once. */
const PAGE_RECORDS = 4000;

export interface Exported {
  readonly chain: string;
  readonly records: number;
  readonly generations: number;
  readonly fingerprint: string;
  readonly verdict: BundleVerdict;
}

export interface ExportPlan {
  readonly chain: string;
  /** The one closed generation that is to be archived; the whole chain if absent. */
  readonly generation?: number;
  /** Absolute; made if it isn't there. */
  readonly folder: string;
  readonly context: CallContext;
  /** Told after each page. */
  readonly onProgress: (records: number, of: number) => void;
  /** Told where it goes on with what an export that was cut off left there. */
  readonly onResumed: (records: number) => void;
  /** Told where it fails, and what was written so far stays for the next run to go on with. */
  readonly onKept: (records: number) => void;
}

/**
 * Writes a chain of the trail, or one closed generation of it, as a bundle, page by page, and verifies what it wrote under the key that the api named. One that was cut off is gone on
 * with: what is in the folder already isn't fetched again. Where it fails for good, what it wrote is taken away again.
 *
 * @throws SallyportError `bundle.exists` unless the folder is empty or holds such an export alone; what the calls fail with.
 */
export async function exportChain({ api }: Connection, { chain, generation: only, folder, context, onProgress, onResumed, onKept }: ExportPlan): Promise<Exported> {
  await assertExportable(folder);
  const opened = await api.trail.openExport.query({ chain, ...(only !== undefined && { generation: only }) }, { context });
  const total = opened.generations.reduce((sum, { size }) => sum + size, 0);
  const writer = await BundleWriter.create(folder, opened.statement);
  let written = 0;
  try {
    for (const { generation, size, checkpoints, cosigned } of opened.generations) {
      const { rows, lastLine } = await writer.open(generation);
      written += rows;
      if (rows > 0) onResumed(rows);
      const first = lastLine === null ? 1 : nextAfter([lastLine], 1, size);
      for await (const { lines, signatures } of pagesAhead(first, size, (from, limit) =>
        api.trail.readExport.query({ chain, generation, from, limit, vkey: opened.vkey }, { context }),
      )) {
        // Where records are missing, the page is shorter: the verdict on the bundle says so.
        if (lines.length !== signatures.length) throw new SallyportError("trail.unavailable", { reason: "the api answered with less than it stated" });
        await writer.addRows(lines.map((line, index) => ({ line, leafSignature: signatures[index] ?? "" })));
        written += lines.length;
        onProgress(written, total);
      }
      await writer.addCheckpoints(checkpoints);
      if (cosigned !== undefined) await writer.putCosigned(generation, cosigned);
    }
    await writer.finish({ names: opened.names, vocabulary, handovers: opened.handovers });
  } catch (error) {
    await writer.leave();
    // What another export left isn't ours to take away.
    const isOthers = error instanceof SallyportError && error.code === "bundle.exists";
    if (written > 0 && exitCodeOf(error) === EXIT.unavailable) onKept(written);
    else if (!isOthers)
      await removeWritten(
        folder,
        opened.generations.map(({ generation }) => generation),
      );
    throw error;
  }
  const verdict = await verifyBundle(directoryReader(folder), { fingerprint: opened.fingerprint });
  return { chain, records: total, generations: opened.generations.length, fingerprint: opened.fingerprint, verdict };
}

type Page = Awaited<ReturnType<Connection["api"]["trail"]["readExport"]["query"]>>;

/** Pages from `first` to `size`, in order. The next is asked for while the one before is being written. */
async function* pagesAhead(first: number, size: number, read: (from: number, limit: number) => Promise<Page>): AsyncGenerator<Page> {
  const ask = (from: number) => {
    const limit = Math.min(PAGE_RECORDS, size - from + 1);
    const page = read(from, limit);
    // Its failure is met where its turn comes; it may come before that.
    page.catch(() => undefined);
    return { from, limit, page };
  };
  for (let asked = first <= size ? ask(first) : null; asked !== null; ) {
    const page = await asked.page;
    const from = nextAfter(page.lines, asked.from, asked.limit);
    asked = from <= size ? ask(from) : null;
    yield page;
  }
}

/** Where the next page begins: behind the last line, by its own number where that can be; where nothing stands, behind what was asked for. */
function nextAfter(lines: readonly string[], from: number, limit: number): number {
  if (lines.length === 0) return from + limit;
  const seq = Number(/"seq":(\d+),"site":"/.exec(lines.at(-1) ?? "")?.[1] ?? 0);
  return seq >= from && seq < from + limit ? seq + 1 : from + lines.length;
}

/** Only files of the names that a bundle has: the folder was empty, but is not ours to clear. */
async function removeWritten(folder: string, generations: readonly number[]): Promise<void> {
  for (const name of [...bundleFiles(generations), ...generations.map(cosignedFile)]) await rm(join(folder, name), { force: true });
}
