import { RunningSha256 } from "@sallyport/crypto";
import { CompactRange } from "./compact-range.ts";
import type { Archived, Archival, DeepVerdict } from "./verify-deeply.ts";
import type { SealedRecord } from "./model.ts";
import { lineOf } from "./record-encoding.ts";
import { leafHash } from "./tree-hash.ts";

/** A generation's records as a bundle has them: the digest and length of its `generation-<n>.jsonl`, its root, and the times that it is between. */
export interface GenerationLines {
  readonly bytes: number;
  /** Lower-case hex, as `root` is. */
  readonly sha256: string;
  readonly root: string;
  /** Of the first and the last record, as these have them; `-` where there is none. */
  readonly from: string;
  readonly to: string;
}

const timeIn = (body: string): string => /,"timestamp_utc":"([^"]{24})"/.exec(body)?.[1] ?? "-";

/** Reads a generation's records as they would stand in a bundle, in one pass and constant memory. */
export class LinesReader {
  readonly #digest = new RunningSha256();
  readonly #range = new CompactRange();
  #bytes = 0;
  #from = "-";
  #to = "-";

  push({ body, mac }: SealedRecord): void {
    const line = lineOf(body, mac);
    const bytes = Buffer.from(`${line}\n`, "latin1");
    this.#digest.update(bytes);
    this.#range.append(leafHash(line));
    this.#bytes += bytes.length;
    this.#to = timeIn(body);
    if (this.#from === "-") this.#from = this.#to;
  }

  end(): GenerationLines {
    return { bytes: this.#bytes, sha256: this.#digest.hex(), root: this.#range.root().toString("hex"), from: this.#from, to: this.#to };
  }
}

type Found = Pick<DeepVerdict, "broken" | "isGone">;

const broken = (seq: number, kind: NonNullable<DeepVerdict["broken"]>["kind"], why: string): Found => ({ broken: { seq, kind, why }, isGone: true });

/**
 * What is to be said of a generation that was archived, whose records are gone or should be. Null where they stand as they did, and nobody has seen
 * them gone: then the removal is still to come, and they are verified like any others.
 *
 * @param firstSeq - The first record that stands there, before the marks were read; null for none.
 * @param marks - What the store says was archived and removed, read after that.
 */
export function judgeArchived(archived: Archived, firstSeq: number | null, marks: readonly Archival[]): Found | null {
  const { chain, generation, size, mac, manifest, isGone } = archived;
  const mark = marks.find((each) => each.chain === chain && each.generation === generation);
  if (firstSeq !== null) return isGone ? broken(firstSeq, "inserted", `generation ${generation} was archived and removed, and records stand there again`) : null;
  if (mark === undefined) {
    // Without the mark nothing says that they were removed as they should have been, unless that was seen before.
    return isGone ? broken(1, "missing", `the store doesn't say any more that generation ${generation} was archived`) : size === 0 ? { broken: null } : null;
  }
  if (mark.size !== size || mark.mac !== mac || mark.manifest !== manifest) return broken(1, "altered", `the store says of another generation ${generation} that it was archived`);
  return { broken: null, isGone: true };
}
