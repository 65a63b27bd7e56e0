import {
  type Checkpoint,
  CheckpointFile,
  checkpointOrigin,
  claimsOneOf,
  type ExportStatement,
  type NoteSigner,
  openNote,
  parseCheckpoint,
  type StatedGeneration,
} from "@sallyport/audit";
import { SallyportError } from "@sallyport/errors";
import { archivedOf, asStated } from "./archival.ts";
import type { SignedCheckpoint, SignRequest } from "./model.ts";
import { markId, openGeneration, signedCheckpoint, type TrailMarkStore } from "./trail-marks.ts";

export interface ChainExportOptions {
  readonly store: Pick<TrailMarkStore, "get">;
  readonly deployment: string;
  /** The key that signs what is stated, and those behind it, by which stored checkpoints may be signed (docs/spec/handover-v1.md). */
  readonly keys: readonly string[];
  /** The id of a generation's audit key. */
  readonly auditKeyId: (chain: string, generation: number) => string;
  /** The next of a generation's stored checkpoints above a size, by size; none where there are no more. Some may be by a key that isn't one of these. */
  readonly stored: (chain: string, generation: number, above: number) => Promise<readonly SignedCheckpoint[]>;
  /** Signs what the database has no checkpoint of: by the first of the keys. */
  readonly signer: NoteSigner;
  /** The MAC of the record at a signed size below the mark. @throws `verb.refused`. */
  readonly headAt: (chain: string, generation: number, size: number) => Promise<string>;
  readonly now: () => number;
}

type Asked = Extract<SignRequest, { readonly kind: "export" }>;

/**
 * States what an export holds: of a chain every generation that isn't archived, or one closed generation that is to be. The open one is stated as its
 * last stored checkpoint has it; that note must be one of ours, and at or below the mark. A closed one is stated as it was signed last, whatever
 * the database has of it by now; so is the open one where the last that is stored there is by a key which handed nothing over to ours, as after an older store was
 * put back. The exporter takes the stored checkpoints of our keys up to this size, and this one (`heldBelow`), so both make the same file.
 *
 * @throws `verb.refused` for what has no checkpoint, or can't be archived yet; `trail.unavailable`.
 */
export async function statedExport(
  options: ChainExportOptions,
  { chain, generation: only, requestedBy, requestId }: Asked,
): Promise<{ readonly statement: ExportStatement; readonly checkpoints: readonly SignedCheckpoint[] }> {
  const { store, deployment, keys, now } = options;
  const open = openGeneration(store, chain);
  const kept = archivedOf(store, chain);
  // What was put down as archived stands there until it is removed, and may be written once more.
  const isAgain = only !== undefined && kept.at(-1)?.generation === only && kept.at(-1)?.isGone === false;
  const archived = (isAgain ? kept.slice(0, -1) : kept).map(asStated);
  const first = archived.length + 1;
  if (only !== undefined && (only !== first || only >= open)) throw new SallyportError("verb.refused", { why: only >= open ? "open" : "order", chain });
  const generations: StatedGeneration[] = [];
  const checkpoints: SignedCheckpoint[] = [];
  for (let generation = first; generation <= (only ?? open); generation += 1) {
    const { stated, last } = await statedGeneration(options, chain, generation, generation < open);
    generations.push(stated);
    checkpoints.push(last);
  }
  const said = { deployment, chain, generations, keys, exportedAt: new Date(now()).toISOString(), requestedBy, requestId };
  const isWhole = only === undefined && archived.length === 0;
  return { statement: isWhole ? { v: 1, ...said } : { v: 2, scope: only === undefined ? "chain" : "generation", archived, ...said }, checkpoints };
}

async function statedGeneration(
  options: ChainExportOptions,
  chain: string,
  generation: number,
  isClosed: boolean,
): Promise<{ readonly stated: StatedGeneration; readonly last: SignedCheckpoint }> {
  const { store, deployment, keys, auditKeyId, headAt } = options;
  const mark = store.get("mark", markId(chain, generation));
  const signed = mark?.size ?? 0;
  const isOurs = claimsOneOf(keys);
  const file = new CheckpointFile();
  let [newest, ours]: (SignedCheckpoint | undefined)[] = [];
  for await (const stored of upTo(signed, (above) => options.stored(chain, generation, above))) {
    newest = stored;
    if (!isOurs(stored.note)) continue;
    ours = stored;
    file.add(stored.note);
  }
  const last = mark !== undefined && ours?.size !== signed && (isClosed || ours !== newest) ? signedCheckpoint(deployment, mark, options.signer) : ours;
  if (last === undefined) throw new SallyportError("verb.refused", { why: "no checkpoint", chain });
  const { origin, size, root: rootBytes } = opened(last, keys);
  if (origin !== checkpointOrigin(deployment, chain, generation)) throw new SallyportError("verb.refused", { why: "other checkpoint", chain });
  // Where it isn't the last of them, it is larger than all of them.
  if (last !== ours) file.add(last.note);
  const root = rootBytes.toString("hex");
  const head = mark?.size === size ? mark.mac : await headAt(chain, generation, size);
  return {
    stated: { generation, auditKey: auditKeyId(chain, generation), size, root, head, checkpoints: file.count, checkpointsSha256: file.sha256() },
    last: { chain, generation, size, root, note: last.note },
  };
}

/** A generation's stored checkpoints up to a size, a page at a time: a chain of a year has millions. */
async function* upTo(size: number, read: (above: number) => Promise<readonly SignedCheckpoint[]>): AsyncGenerator<SignedCheckpoint> {
  for (let above = 0; above < size; ) {
    const page = await read(above);
    const last = page.at(-1)?.size ?? 0;
    yield* page.filter((stored) => stored.size <= size);
    if (last <= above) return;
    above = last;
  }
}

function opened({ chain, note }: SignedCheckpoint, keys: readonly string[]): Checkpoint {
  try {
    return parseCheckpoint(openNote(note, keys));
  } catch (error) {
    throw new SallyportError("verb.refused", { why: "other checkpoint", chain }, error);
  }
}
