import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type BundleVerdict, bundleFiles, cosignedFile, type ExportPage, heldBelow, openPage, verifyBundle } from "@sallyport/audit";
import { assertExportable, BundleWriter, directoryReader } from "@sallyport/audit/bundle-folder";
import type { CallContext, Connection } from "@sallyport/client";
import { SallyportError } from "@sallyport/errors";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { vocabulary } from "./vocabulary.ts";

/** As many as the api answers at once, of records and of checkpoints. */
const PAGE_RECORDS = 4096;

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
 * with: the records that are in the folder already aren't fetched again; checkpoints are. Where it fails for good, what it wrote is taken away again.
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
    for (const { generation, size, checkpoint, cosigned } of opened.generations) {
      const { rows, lastLine } = await writer.open(generation);
      written += rows;
      if (rows > 0) onResumed(rows);
      const first = lastLine === null ? 1 : nextAfter(lastLine, rows, { from: 1, limit: size });
      for await (const page of pagesAhead(first, size, async (from, limit) =>
        openPage(await api.trail.readExport.query({ chain, generation, from, limit, vkey: opened.vkey }, { context })),
      )) {
        // Where records are missing, the page is shorter: the verdict on the bundle says so.
        await writer.addPage(page);
        written += page.ends.length;
        onProgress(written, total);
      }
      const held = writer.statement.generations.find((each) => each.generation === generation)?.checkpoints ?? 1;
      for await (const notes of checkpointsBefore(size, held - 1, writer.statement.keys, async (above) => {
        const input = { chain, generation, above, below: size, limit: PAGE_RECORDS };
        return (await api.trail.readCheckpoints.query(input, { context })).checkpoints;
      }))
        await writer.addCheckpoints(notes);
      await writer.addCheckpoints([checkpoint]);
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

/** Pages from `first` to `size`, in order. The next is asked for while the one before is being written. */
async function* pagesAhead(first: number, size: number, read: (from: number, limit: number) => Promise<ExportPage>): AsyncGenerator<ExportPage> {
  const ask = (from: number) => {
    // Pages begin where the api keeps signatures from, whatever the first one goes on with.
    const limit = Math.min(PAGE_RECORDS - ((from - 1) % PAGE_RECORDS), size - from + 1);
    const page = read(from, limit);
    // Its failure is met where its turn comes; it may come before that.
    page.catch(() => undefined);
    return { from, limit, page };
  };
  for (let asked = first <= size ? ask(first) : null; asked !== null; ) {
    const page = await asked.page;
    const from = nextAfter(lastOf(page), page.ends.length, asked);
    asked = from <= size ? ask(from) : null;
    yield page;
  }
}

type StoredCheckpoints = readonly { readonly size: number; readonly note: string }[];

/** The checkpoints that a bundle holds of a generation before the stated one, a page at a time; where some are missing, the bundle's verdict says so. */
async function* checkpointsBefore(size: number, many: number, keys: readonly string[], read: (above: number) => Promise<StoredCheckpoints>): AsyncGenerator<readonly string[]> {
  const isHeld = heldBelow(keys, size);
  let [above, left] = [0, many];
  while (left > 0) {
    const page = await read(above);
    const last = page.at(-1);
    if (last === undefined || last.size <= above) return;
    const notes = page.filter(isHeld).map(({ note }) => note);
    yield notes;
    [above, left] = [last.size, left - notes.length];
  }
}

/** The last line of a page; null where it has none. */
const lastOf = ({ lines, ends }: ExportPage): string | null => (ends.length === 0 ? null : lines.toString("utf8", ends.at(-2) ?? 0, (ends.at(-1) ?? 0) - 1));

/** Where the next page begins: behind the last line, by its own number where that can be; where nothing stands, behind what was asked for. */
function nextAfter(last: string | null, count: number, { from, limit }: { readonly from: number; readonly limit: number }): number {
  if (last === null) return from + limit;
  const seq = Number(/"seq":(\d+),"site":"/.exec(last)?.[1] ?? 0);
  return seq >= from && seq < from + limit ? seq + 1 : from + count;
}

/** Only files of the names that a bundle has: the folder was empty, but is not ours to clear. */
async function removeWritten(folder: string, generations: readonly number[]): Promise<void> {
  for (const name of [...bundleFiles(generations), ...generations.map(cosignedFile)]) await rm(join(folder, name), { force: true });
}
