import { RunningSha256 } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { BundleReader, BundleVerdict } from "./bundle-model.ts";
import { type Checkpoint, checkpointKeyName, checkpointOrigin, parseCheckpoint } from "./checkpoint.ts";
import { conditionsOf, type ExcerptHeader, type ExcerptLine, type ExcerptStatement, isExcerptLine, parseExcerptLine, parseExcerptStatement } from "./excerpt.ts";
import { verifyInclusion } from "./merkle-verify.ts";
import type { Break, BreakKind } from "./model.ts";
import { parseLine } from "./record-encoding.ts";
import { openNote, parseVkey } from "./signed-note.ts";
import { handedOverFrom, handedOverLines, isPinOf, type KnownKey, knownKey } from "./stating-key.ts";
import { leafHash } from "./tree-hash.ts";

/** As many breaks as a verdict tells of; a file of another kind would have one a line. */
const BREAKS_MAX = 100;

/** Whether the only file of what was given says that it is an excerpt; its name, or null. */
export async function excerptIn(reader: BundleReader): Promise<string | null> {
  const names = await reader.list();
  const [only] = names;
  if (only === undefined || names.length > 1) return null;
  for await (const line of reader.lines(only)) return isExcerptLine(line) ? only : null;
  return null;
}

/** A log's checkpoint that records are proven under, and where its records have come to. */
interface Log {
  readonly checkpoint: Checkpoint;
  readonly chain: string;
  readonly generation: number;
  first: number;
  last: number;
  /** Whether no record between the first and the last is left out. */
  isUnbroken: boolean;
}

/** Goes over an excerpt's lines, in order. What a line is good for rests on the header's key, and on those behind it. */
class ExcerptWalk {
  readonly header: ExcerptHeader;
  /** Null where the header's key isn't one of its deployment, or has a handover that isn't one to follow. */
  readonly key: KnownKey | null;
  readonly breaks: Break[] = [];
  readonly logs = new Map<string, Log>();
  records = 0;
  checkpoints = 0;
  end: string | null = null;

  constructor(header: ExcerptHeader) {
    this.header = header;
    this.key = keyOf(header);
    if (this.key === null) this.blame("", 0, 0, "altered", "the file's key is not one of its deployment, or a handover to it isn't signed by both of its keys");
  }

  take(line: ExcerptLine): void {
    if (this.end !== null) this.blame("", 0, 0, "inserted", "there is something behind the end");
    else if (line.kind === "end") this.end = line.note;
    else if (line.kind === "checkpoint") this.#takeCheckpoint(line.note);
    else if (line.kind === "record") this.#takeRecord(line.line, line.proof);
    else if (line.kind === "header") this.blame("", 0, 0, "inserted", "there is a second beginning");
  }

  blame(chain: string, generation: number, seq: number, kind: BreakKind, why: string): void {
    if (this.breaks.length < BREAKS_MAX) this.breaks.push({ chain, generation, seq, kind, why });
  }

  #takeCheckpoint(note: string): void {
    const prefix = `${checkpointKeyName(this.header.deployment)}/`;
    try {
      const checkpoint = parseCheckpoint(openNote(note, this.key?.behind ?? []));
      const [, chain = "", generation = ""] = /^(.+)\/([1-9][0-9]*)$/.exec(checkpoint.origin.slice(prefix.length)) ?? [];
      if (checkpoint.origin !== checkpointOrigin(this.header.deployment, chain, Number(generation))) throw new RangeError("another deployment's");
      // Under two of a log, what says that none is left out between its records could be of the one, and a record of the other.
      if (this.logs.has(checkpoint.origin)) throw new RangeError("a second of its log");
      this.logs.set(checkpoint.origin, { checkpoint, chain, generation: Number(generation), first: 0, last: 0, isUnbroken: true });
      this.checkpoints += 1;
    } catch {
      this.blame("", 0, 0, "altered", `checkpoint ${this.checkpoints + 1} is not one that was signed for this deployment, or is the second of its log`);
    }
  }

  #takeRecord(line: string, proof: readonly Buffer[]): void {
    this.records += 1;
    let record;
    try {
      ({ record } = parseLine(line));
    } catch {
      this.blame("", 0, 0, "altered", `line ${this.records} of the records is not one that the trail holds`);
      return;
    }
    const { deployment, chain, generation, seq } = record;
    const log = deployment === this.header.deployment ? this.logs.get(checkpointOrigin(deployment, chain, generation)) : undefined;
    if (log === undefined) {
      this.blame(chain, generation, seq, "foreign", "there is no checkpoint of its chain before it");
      return;
    }
    const { root, size } = log.checkpoint;
    if (!verifyInclusion({ index: seq - 1, size, leaf: leafHash(line), root, proof })) this.blame(chain, generation, seq, "altered", "it is not what was signed at its place");
    else if (seq <= log.last) this.blame(chain, generation, seq, seq === log.last ? "inserted" : "reordered", "it doesn't come after the one before");
    if (log.first === 0) log.first = seq;
    else if (seq !== log.last + 1) log.isUnbroken = false;
    log.last = Math.max(log.last, seq);
  }
}

/**
 * Verifies an excerpt offline, with public keys alone, in constant memory: each record under a signed checkpoint, and the file as a whole under the statement
 * at its end (docs/spec/excerpt-v1.md).
 *
 * @param options.fingerprint - The signing key's or that of one behind it, obtained elsewhere.
 * @throws SallyportError `bundle.unreadable` where this is no excerpt at all.
 */
export async function verifyExcerpt(reader: BundleReader, name: string, options: { readonly fingerprint?: string } = {}): Promise<BundleVerdict> {
  const digest = new RunningSha256();
  let walk: ExcerptWalk | null = null;
  for await (const text of reader.lines(name)) {
    const line = read(text);
    if (walk === null) {
      if (line?.kind !== "header") throw new SallyportError("bundle.unreadable");
      walk = new ExcerptWalk(line.header);
    } else if (line === null) {
      walk.blame("", 0, 0, "altered", "a line is not one that an export writes");
    } else {
      walk.take(line);
    }
    if (walk.end === null) digest.update(text);
  }
  if (walk === null) throw new SallyportError("bundle.unreadable");
  const isPin = walk.key !== null && isPinOf(options.fingerprint, walk.key);
  if (!isPin && options.fingerprint !== undefined) walk.breaks.unshift(whole("foreign", "the file is signed by another key than the one that was given"));
  const statement = closing(walk, digest.hex());
  return verdictOf(walk, statement, isPin ? options.fingerprint : undefined);
}

const whole = (kind: BreakKind, why: string): Break => ({ chain: "", generation: 0, seq: 0, kind, why });

/** A line in its one spelling, with its newline; null for anything else. */
function read(text: string): ExcerptLine | null {
  if (!text.endsWith("\n")) return null;
  try {
    return parseExcerptLine(text.slice(0, -1));
  } catch {
    return null;
  }
}

function keyOf({ vkey, handovers, deployment }: ExcerptHeader): KnownKey | null {
  try {
    return parseVkey(vkey).name === checkpointKeyName(deployment) ? knownKey({ vkey, handovers }) : null;
  } catch {
    return null;
  }
}

/** The statement at the end, where it is signed and of this very file. */
function closing({ header, breaks, end, records }: ExcerptWalk, sha256: string): ExcerptStatement | null {
  if (end === null) {
    breaks.push(whole("truncated", "the end with its signature is not there"));
    return null;
  }
  try {
    const statement = parseExcerptStatement(openNote(end, header.vkey));
    const isOfThis = (["deployment", "exportedAt", "requestedBy", "requestId"] as const).every((member) => statement[member] === header[member]) && statement.records === records;
    if (!isOfThis || statement.sha256 !== sha256) breaks.push(whole("altered", "the file is not the one whose end was signed"));
    return statement;
  } catch {
    breaks.push(whole("altered", "the end is not one that this key signed"));
    return null;
  }
}

function verdictOf(walk: ExcerptWalk, statement: ExcerptStatement | null, given: string | undefined): BundleVerdict {
  const { header, breaks, logs, records, checkpoints } = walk;
  const fingerprint = walk.key?.fingerprint ?? null;
  const pinned = given !== undefined;
  const followed = walk.key === null ? {} : handedOverFrom(given, walk.key);
  const isWhole = statement !== null && fingerprint !== null && breaks.length === 0;
  const signer = pinned ? `the custodian of deployment ${header.deployment}` : "the holder of the key that the file names";
  const { without } = header.filter;
  const asked = conditionsOf(header);
  const unbroken = [...logs.values()].filter(({ first, isUnbroken }) => first > 0 && isUnbroken);
  const [only] = logs.values();
  return {
    whole: isWhole,
    pinned,
    ...followed,
    reads: isWhole ? (pinned ? "whole" : "self-consistent, key not pinned") : "broken",
    breaks,
    deployment: header.deployment,
    chain: logs.size === 1 && only !== undefined ? only.chain : `an excerpt of ${logs.size} logs`,
    asOf: statement?.exportedAt ?? null,
    fingerprint,
    records,
    checkpoints,
    generations: [],
    archived: [],
    isExcerpt: true,
    manifest: null,
    proves: isWhole
      ? [
          ...handedOverLines(followed),
          `Each of the ${records} records is, byte for byte, one that ${signer} had signed by ${header.exportedAt}, at its place in its chain.`,
          `The file is as it was exported then${asked.length === 0 ? "" : ` for ${asked.join(", ")}`}: nothing was added, changed or left out since.`,
          ...unbroken.map(({ chain, generation, first, last }) => `Of ${chain}, generation ${generation}, no record from ${first} to ${last} is left out.`),
        ]
      : [],
    doesNotProve: [
      ...(pinned || fingerprint === null ? [] : [`That the key is the deployment's: compare ${fingerprint} with a fingerprint that you got elsewhere, and verify again with it.`]),
      "That these are all the records that match what was asked for: that is the deployment's own word. A bundle of a whole chain shows that none of it is left out.",
      ...(without === undefined ? [] : [`Anything of ${without}: the search had come no further when it was exported.`]),
      `Anything after ${header.exportedAt}.`,
      "That what a record says is so: only that it was recorded so, then, and not changed since.",
      "Display names: these are a convenience.",
    ],
  };
}
