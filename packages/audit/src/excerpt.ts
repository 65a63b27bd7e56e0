import { canonicalJson, RunningSha256 } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { isPrintableAscii } from "./record-draft.ts";
import { isMac } from "./record-encoding.ts";
import { decodeBase64 } from "./signed-note.ts";
import { handoverMembers, readHandovers, type StatingKey } from "./stating-key.ts";

const TYPE = "sallyport-excerpt";
/** First line of the note text; nothing else that the key signs begins so. */
const TITLE = "sallyport-excerpt-v1";
const TIMESTAMP = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/;
const PROOF_MAX = 63;

/** What a file of the trail's records says of itself, in its first line (docs/spec/excerpt-v1.md). Its key signs the end; checkpoints may be by one behind it. */
export interface ExcerptHeader extends StatingKey {
  readonly deployment: string;
  /** What was asked for: conditions by name, as the search takes them. */
  readonly filter: Readonly<Record<string, string>>;
  /** `YYYY-MM-DDTHH:MM:SS.mmmZ`. */
  readonly exportedAt: string;
  /** Principal id. */
  readonly requestedBy: string;
  readonly requestId: string;
}

/** What was asked for, in words: a note of what the search hadn't come to (`without`) is no condition. */
export const conditionsOf = ({ filter }: Pick<ExcerptHeader, "filter">): readonly string[] =>
  Object.entries(filter).flatMap(([name, value]) => (name === "without" ? [] : [`${name} ${value}`]));

/** What the custodian signs over an excerpt that was written to its end. All strings are printable ASCII. */
export interface ExcerptStatement {
  readonly v: 1;
  readonly deployment: string;
  readonly exportedAt: string;
  readonly requestedBy: string;
  readonly requestId: string;
  readonly records: number;
  /** SHA-256 of every byte before the last line, lower-case hex. */
  readonly sha256: string;
}

/** One line of an excerpt, read as far as its form goes. */
export type ExcerptLine =
  | { readonly kind: "header"; readonly header: ExcerptHeader }
  | { readonly kind: "checkpoint"; readonly note: string }
  | { readonly kind: "record"; readonly line: string; readonly proof: readonly Buffer[] }
  | { readonly kind: "names"; readonly names: Readonly<Record<string, string>> }
  | { readonly kind: "end"; readonly note: string };

const invalid = (): SallyportError => new SallyportError("note.invalid", { what: "excerpt" });

/** Spells the note text of an excerpt's closing statement. @throws SallyportError `note.invalid`. */
export function excerptStatementText(statement: ExcerptStatement): string {
  if (!isStatement(statement)) throw invalid();
  return `${TITLE}\n${canonicalJson(statement)}\n`;
}

/** Reads the note text of a closing statement, in its one spelling. @throws SallyportError `note.invalid`. */
export function parseExcerptStatement(text: string): ExcerptStatement {
  const [title, json, last, ...rest] = text.split("\n");
  if (title !== TITLE || json === undefined || last !== "" || rest.length > 0) throw invalid();
  const value = parseJson(json);
  if (!isStatement(value) || canonicalJson(value) !== json) throw invalid();
  return value;
}

function isStatement(value: unknown): value is ExcerptStatement {
  if (typeof value !== "object" || value === null || Object.keys(value).length !== 7) return false;
  const { v, deployment, exportedAt, requestedBy, requestId, records, sha256 } = value as Record<keyof ExcerptStatement, unknown>;
  const areTexts = [deployment, exportedAt, requestedBy, requestId, sha256].every((text) => typeof text === "string" && isPrintableAscii(text));
  return v === 1 && areTexts && TIMESTAMP.test(String(exportedAt)) && isMac(String(sha256)) && Number.isSafeInteger(records) && Number(records) >= 0;
}

/** Spells an excerpt line by line, each without its newline, and keeps the digest that its end signs. */
export class ExcerptWriter {
  readonly #header: ExcerptHeader;
  readonly #digest = new RunningSha256();
  #records = 0;

  constructor(header: ExcerptHeader) {
    this.#header = header;
  }

  /** Records so far. */
  get records(): number {
    return this.#records;
  }

  /** The first line. */
  begin(): string {
    const { handovers, ...said } = this.#header;
    return this.#take(canonicalJson({ type: TYPE, ...handoverMembers(handovers), ...said }));
  }

  /** A checkpoint, before the first record that is proven under it. */
  checkpoint(note: string): string {
    return this.#take(canonicalJson({ checkpoint: note }));
  }

  /** A record's exported line with its inclusion proof in its log's last checkpoint before. */
  record(line: string, proof: readonly Buffer[]): string {
    this.#records += 1;
    return this.#take(canonicalJson({ line, proof: proof.map((hash) => hash.toString("base64")).join(" ") }));
  }

  /** Display names of principals, by id: a convenience, though the end signs it with all the rest. */
  names(names: Readonly<Record<string, string>>): string {
    return this.#take(canonicalJson({ names }));
  }

  /** What is to be signed; nothing but {@link endLine} follows. */
  statement(): ExcerptStatement {
    const { deployment, exportedAt, requestedBy, requestId } = this.#header;
    return { v: 1, deployment, exportedAt, requestedBy, requestId, records: this.#records, sha256: this.#digest.hex() };
  }

  #take(line: string): string {
    this.#digest.update(`${line}\n`);
    return line;
  }
}

/** The last line: the signed statement. */
export const endLine = (note: string): string => canonicalJson({ end: note });

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid();
  }
}

const isTexts = (value: unknown): value is Readonly<Record<string, string>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && Object.values(value).every((each) => typeof each === "string");

/** Whether a file's first line says that it is an excerpt. */
export const isExcerptLine = (line: string): boolean => line.startsWith('{"') && /"type":"sallyport-excerpt","v":[12],/.test(line) && line.length < 65_536;

/** Reads a line, its newline left out, in its one spelling. @throws SallyportError `note.invalid`. */
export function parseExcerptLine(line: string): ExcerptLine {
  const value = parseJson(line);
  if (typeof value !== "object" || value === null || canonicalJson(value) !== line) throw invalid();
  const { checkpoint, line: record, proof, names, end, ...header } = value as Record<string, unknown>;
  const members = Object.keys(value).length;
  if (typeof checkpoint === "string" && members === 1) return { kind: "checkpoint", note: checkpoint };
  if (typeof end === "string" && members === 1) return { kind: "end", note: end };
  if (isTexts(names) && members === 1) return { kind: "names", names };
  if (typeof record === "string" && typeof proof === "string" && members === 2) return { kind: "record", line: record, proof: parseProof(proof) };
  return { kind: "header", header: parseHeader(header, members) };
}

function parseProof(text: string): readonly Buffer[] {
  const parts = text === "" ? [] : text.split(" ");
  if (parts.length > PROOF_MAX) throw invalid();
  return parts.map((part) => {
    const hash = decodeBase64(part);
    if (hash?.length !== 32) throw invalid();
    return hash;
  });
}

function parseHeader(value: Readonly<Record<string, unknown>>, members: number): ExcerptHeader {
  const { type, v, handovers: notes, filter, deployment, exportedAt, requestedBy, requestId, vkey } = value;
  const handovers = readHandovers(v, notes);
  const texts = { deployment, exportedAt, requestedBy, requestId, vkey };
  if (type !== TYPE || handovers === null || members !== (v === 1 ? 8 : 9) || !isTexts(filter) || !isTexts(texts) || !TIMESTAMP.test(String(exportedAt))) throw invalid();
  return { ...(texts as Omit<ExcerptHeader, "filter" | "handovers">), filter, handovers };
}
