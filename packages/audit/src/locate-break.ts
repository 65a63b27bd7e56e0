import type { KeyObject } from "node:crypto";
import { BreakJudge } from "./break-judge.ts";
import { type BundleLine, inStep, readBundleLine, readLeafLine } from "./bundle-line.ts";
import { type BundleReader, leavesFile, recordsFile } from "./bundle-model.ts";
import type { BundleDefence, Holds } from "./defence.ts";
import type { ExportStatement, StatedGeneration } from "./export-statement.ts";
import { verifyLeaf } from "./leaf-signature.ts";
import type { Break } from "./model.ts";
import { ZERO_MAC } from "./record-encoding.ts";

/** Bounds the passes over the leaves that one break can cost; past it a line counts as not genuine, which can only blur the kind. */
const SEARCHES_MAX = 64;

/** One generation whose root isn't the signed one. */
export interface BrokenGeneration {
  readonly reader: BundleReader;
  readonly statement: ExportStatement;
  readonly stated: StatedGeneration;
  /** Each leaf is signed by one of these. */
  readonly leafKeys: readonly KeyObject[];
  /** The largest size at which the lines have the signed root: they are whole up to there. */
  readonly wholeSize: number;
  /** The first checkpoint whose root the lines haven't, or the stated size. */
  readonly brokenSize: number;
  readonly holds: Holds<BundleDefence>;
}

/**
 * Names the first bad line of a generation that is known to be broken, and the kind. Leaves are signed one by one for this alone:
 * hashes and roots can be computed anew by whoever altered a line, signatures can't.
 */
export async function locateBreak(broken: BrokenGeneration): Promise<Break> {
  const { statement, stated } = broken;
  const { found, position } = await firstUnsigned(broken);
  if (found !== null) return found;
  const at = { chain: statement.chain, generation: stated.generation };
  if (position < stated.size) return { ...at, seq: position + 1, kind: "truncated", why: `the records end at ${position}, but ${stated.size} were signed` };
  return position > stated.size
    ? { ...at, seq: stated.size + 1, kind: "rolled back", why: `the statement signs ${stated.size} records, but later ones are here, genuine` }
    : { ...at, seq: broken.brokenSize, kind: "rolled back", why: `the custodian signed another history at size ${broken.brokenSize} than the one here` };
}

/** The first line that its leaf's signature doesn't vouch for, and what kind of break it is; null where every line is vouched for. */
export async function firstUnsigned(broken: BrokenGeneration): Promise<{ readonly found: Break | null; readonly position: number }> {
  const { reader, statement, stated, wholeSize, holds } = broken;
  const asked = new SignatureSearch(broken);
  let judge: BreakJudge | null = null;
  let prevMac = ZERO_MAC;
  let before: { readonly prevMac: string } | null = null;
  let position = 0;
  for await (const [text, leafText] of inStep(reader.lines(recordsFile(stated.generation)), reader.lines(leavesFile(stated.generation)))) {
    position += 1;
    const line = readBundleLine(text, statement, stated, holds);
    if (judge !== null) {
      judge.observe({ ...line, genuine: judge.asksAbout(line) && (await asked.isGenuine(position, line, leafText)) });
    } else if (position <= wholeSize || asked.isSignedAt(position, line, leafText)) {
      before = { prevMac };
      prevMac = line.mac;
    } else {
      const pinnedMac = position === stated.size ? stated.head : null;
      const found = { ...line, genuine: await asked.isGenuine(position, line, leafText) };
      judge = new BreakJudge({ seq: position, prevMac, before, found, signedSize: stated.size, pinnedMac });
    }
    if (judge?.settled) break;
  }
  return { found: judge === null ? null : { chain: statement.chain, generation: stated.generation, ...judge.conclude() }, position };
}

/** Finds out whether a line is what was sealed, by any signature that the leaves file has for it. */
class SignatureSearch {
  readonly #broken: BrokenGeneration;
  #searches = 0;

  constructor(broken: BrokenGeneration) {
    this.#broken = broken;
  }

  /** Whether the line is the one that was sealed at this position, by the signature that stands beside it. */
  isSignedAt(position: number, line: BundleLine, leafText: string | undefined): boolean {
    const { statement, stated, leafKeys, holds } = this.#broken;
    const beside = leafText === undefined ? null : readLeafLine(leafText);
    if (beside === null) return false;
    const place = { deployment: statement.deployment, chain: statement.chain, generation: stated.generation, seq: position, leaf: line.leaf };
    return holds("leaf", verifyLeaf(place, beside.signature, leafKeys));
  }

  /**
   * Whether the line is what was sealed at the place that it claims itself. Its signature stands beside it where both were moved,
   * at the claimed position where only the line was, or beside its hash. The last record is known by its MAC too, which the statement
   * signs: its signature is the one that falls off when the leaves are cut to a shorter file.
   */
  async isGenuine(at: number, line: BundleLine, leafText: string | undefined): Promise<boolean> {
    if (line.parsed === null) return false;
    const { size, head } = this.#broken.stated;
    if (line.reads === "ours" && line.seq === size && line.mac === head && at !== size) return true;
    const beside = leafText === undefined ? null : readLeafLine(leafText);
    if (beside !== null && this.#fits(line, beside.signature)) return true;
    if (this.#searches >= SEARCHES_MAX) return false;
    this.#searches += 1;
    let position = 0;
    for await (const text of this.#broken.reader.lines(leavesFile(this.#broken.stated.generation))) {
      position += 1;
      const found = readLeafLine(text);
      if (found !== null && (position === line.seq || found.leaf === line.leaf) && this.#fits(line, found.signature)) return true;
    }
    return false;
  }

  #fits(line: BundleLine, signature: string): boolean {
    if (line.parsed === null) return false;
    const { deployment, chain, generation, seq } = line.parsed.record;
    const { leafKeys, holds } = this.#broken;
    return holds("leaf", verifyLeaf({ deployment, chain, generation, seq, leaf: line.leaf }, signature, leafKeys));
  }
}
