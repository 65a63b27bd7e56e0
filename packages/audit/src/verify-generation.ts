import type { KeyObject } from "node:crypto";
import { SallyportError } from "@sallyport/errors";
import { type BundleLine, inStep, readBundleLine, readLeafLine } from "./bundle-line.ts";
import { type BundleReader, leavesFile, recordsFile } from "./bundle-model.ts";
import { CheckpointWalk, type WalkedCheckpoint } from "./checkpoint-walk.ts";
import { CompactRange } from "./compact-range.ts";
import type { BundleDefence, Holds } from "./defence.ts";
import type { ExportStatement, StatedGeneration } from "./export-statement.ts";
import { isOpeningAfter } from "./generation-opening.ts";
import { locateBreak } from "./locate-break.ts";
import type { Break, BreakKind, Head } from "./model.ts";
import { ZERO_MAC } from "./record-encoding.ts";

/** What one generation of a bundle turned out to be. */
export interface GenerationFindings {
  readonly records: number;
  readonly checkpoints: number;
  /** Whether the cosigned checkpoint is one of the generation's, or there is none. */
  readonly isCosignedHere: boolean;
  readonly breaks: readonly Break[];
}

/** One generation of a bundle whose statement was opened. */
export interface GenerationToVerify {
  readonly reader: BundleReader;
  readonly statement: ExportStatement;
  readonly stated: StatedGeneration;
  /** The generation before, in this bundle or archived; null where the statement knows of none. */
  readonly previous: Pick<StatedGeneration, "generation" | "size" | "head"> | null;
  /** Each leaf is signed by one of these. */
  readonly leafKeys: readonly KeyObject[];
  /** The checkpoint that a witness cosigned, which has to be one of those here; null for none. */
  readonly cosigned: WalkedCheckpoint | null;
  readonly holds: Holds<BundleDefence>;
}

/** Verifies one generation against its checkpoints and the statement, in one pass and constant memory; a second pass locates a break. */
export async function verifyGeneration(of: GenerationToVerify): Promise<GenerationFindings> {
  try {
    return await verifyFiles(of);
  } catch (error) {
    if (!(error instanceof SallyportError) || error.code !== "bundle.unreadable") throw error;
    const { statement, stated } = of;
    const why = `${String(error.context["file"] ?? "a file of the generation")} is not a plain file`;
    return {
      records: 0,
      checkpoints: 0,
      isCosignedHere: true,
      breaks: [{ chain: statement.chain, generation: stated.generation, seq: stated.size === 0 ? 0 : 1, kind: "altered", why }],
    };
  }
}

async function verifyFiles(of: GenerationToVerify): Promise<GenerationFindings> {
  const walk = new CheckpointWalk(of.reader, of.statement, of.stated, of.holds, of.cosigned);
  try {
    return await inOnePass(of, walk);
  } finally {
    await walk.close();
  }
}

async function inOnePass(of: GenerationToVerify, walk: CheckpointWalk): Promise<GenerationFindings> {
  const pass = new GenerationPass(of);
  await pass.run(walk);
  const checkpointBreaks = await walk.end();
  const recordBreak = pass.isSigned ? pass.fault : await locateBreak({ ...of, wholeSize: pass.wholeSize, brokenSize: pass.brokenSize });
  const breaks = recordBreak === null ? checkpointBreaks : [recordBreak, ...checkpointBreaks];
  return { records: pass.size, checkpoints: walk.count, isCosignedHere: walk.isMet, breaks };
}

const headOf = ({ generation, size, head }: Pick<StatedGeneration, "generation" | "size" | "head">): Omit<Head, "chain"> => ({ generation, seq: size, mac: head });

/** The one pass over lines, leaves and checkpoints in step. */
class GenerationPass {
  readonly #of: GenerationToVerify;
  readonly #range = new CompactRange();
  #mac = ZERO_MAC;
  #fault: Break | null = null;
  #wholeSize = 0;
  #brokenSize: number | null = null;

  constructor(of: GenerationToVerify) {
    this.#of = of;
  }

  get size(): number {
    return this.#range.size;
  }

  /** The largest checkpointed size at which the lines have the signed root. */
  get wholeSize(): number {
    return this.#wholeSize;
  }

  /** The first checkpointed size at which they haven't, or the stated one. */
  get brokenSize(): number {
    return this.#brokenSize ?? this.#of.stated.size;
  }

  /** Whether the lines are, by their root, those that were signed. */
  get isSigned(): boolean {
    const { stated, holds } = this.#of;
    return this.#brokenSize === null && holds("root", this.#range.size === stated.size && this.#range.root().toString("hex") === stated.root);
  }

  /** What is wrong although the root is right: the form of the file, or a chain that was broken when it was signed. */
  get fault(): Break | null {
    return this.#fault;
  }

  async run(walk: CheckpointWalk): Promise<void> {
    const { reader, statement, stated, holds } = this.#of;
    let due = await this.#compare(await walk.next(), walk);
    let more = 0;
    const leaves = reader.lines(leavesFile(stated.generation));
    for await (const [text, leafText] of inStep(reader.lines(recordsFile(stated.generation)), leaves, () => (more += 1))) {
      const line = readBundleLine(text, statement, stated, holds);
      this.#range.append(line.leafBytes);
      this.#checkForm(line, leafText);
      this.#mac = line.mac;
      due = await this.#compare(due, walk);
    }
    // Checkpoints of sizes that are never reached are still read, for their signatures and order.
    while (due !== null) due = await walk.next();
    if (this.isSigned && !holds("head", this.#mac === stated.head)) this.#blame(stated.size, "altered", "the statement cites another head than the last record's");
    if (!holds("leaves", more === 0)) this.#blame(this.#range.size + 1, "inserted", "the leaves have more lines than there are records");
  }

  /** Compares every checkpoint of the present size, and gives the next that is still to come. */
  async #compare(due: WalkedCheckpoint | null, walk: CheckpointWalk): Promise<WalkedCheckpoint | null> {
    let next = due;
    while (next !== null && next.size === this.#range.size) {
      if (!this.#of.holds("root", next.root.equals(this.#range.root()))) this.#brokenSize ??= next.size;
      else if (this.#brokenSize === null) this.#wholeSize = next.size;
      next = await walk.next();
    }
    return next;
  }

  #checkForm(line: BundleLine, leafText: string | undefined): void {
    const { previous, holds } = this.#of;
    const seq = this.#range.size;
    if (!holds("canonical", line.parsed !== null && line.isTerminated)) this.#blame(seq, "altered", `line ${seq} is not a record in its one spelling`);
    else if (!holds("origin", line.reads !== "foreign")) this.#blame(seq, "foreign", `line ${seq} is a record of another chain, generation or deployment`);
    else if (!holds("seq", line.seq === seq) || !holds("link", line.prevMac === this.#mac)) this.#blame(seq, "altered", `record ${seq} does not follow the one before it`);
    else if (seq === 1 && previous !== null && !holds("opening", line.parsed !== null && isOpeningAfter(line.parsed.record, headOf(previous))))
      this.#blame(seq, "forked", "the generation was not opened after the head of the one before");
    const leaf = leafText === undefined ? null : readLeafLine(leafText);
    if (holds("leaves", leaf?.leaf === line.leaf)) return;
    if (leafText === undefined) this.#blame(seq, "missing", `record ${seq} has no line in the leaves`);
    else this.#blame(seq, "altered", `line ${seq} of the leaves is not the one of record ${seq}`);
  }

  #blame(seq: number, kind: BreakKind, why: string): void {
    this.#fault ??= { chain: this.#of.statement.chain, generation: this.#of.stated.generation, seq, kind, why };
  }
}
