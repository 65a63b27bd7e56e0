import { canonicalJson } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { isChain, isPrintableAscii } from "./record-draft.ts";
import { isMac } from "./record-encoding.ts";
import { parseVkey } from "./signed-note.ts";

/** One generation as it stood when the export was signed. */
export interface StatedGeneration {
  readonly generation: number;
  /** Id of the audit key that made its MACs; whoever holds that key can verify these too. */
  readonly auditKey: string;
  readonly size: number;
  /** RFC 6962 root of all lines, lower-case hex. */
  readonly root: string;
  /** MAC of the last record; 64 zeros where there is none. */
  readonly head: string;
  /** How many checkpoints the bundle has of it; the last is of this size and root. */
  readonly checkpoints: number;
  /** SHA-256 of the bytes of `checkpoints-<n>.txt`, lower-case hex. */
  readonly checkpointsSha256: string;
}

/** A generation whose records were archived: what it was, and the bundle that has it now. */
export interface ArchivedGeneration extends Pick<StatedGeneration, "generation" | "size" | "root" | "head"> {
  /** SHA-256 of that bundle's `manifest.json`, lower-case hex. */
  readonly manifest: string;
}

/** What the custodian signs for an export (docs/spec/bundle-v1.md, section 3; bundle-v2.md). All strings are printable ASCII. */
export type ExportStatement = WholeChain | PartOfChain;

/** Version 1: a chain of which nothing was archived. */
interface WholeChain extends StatedExport {
  readonly v: 1;
}

/** Version 2: what is left of a chain, or one closed generation of it. */
interface PartOfChain extends StatedExport {
  readonly v: 2;
  /** `chain`: every generation that isn't archived. `generation`: one that is closed, to be archived. */
  readonly scope: "chain" | "generation";
  /** Every generation before the first of `generations`, from 1, in order. */
  readonly archived: readonly ArchivedGeneration[];
}

interface StatedExport {
  readonly deployment: string;
  readonly chain: string;
  /** In order and without gaps. */
  readonly generations: readonly StatedGeneration[];
  /** Verifier keys of everything signed in the bundle; the first signs the statement, and one of them each leaf. */
  readonly keys: readonly string[];
  /** `YYYY-MM-DDTHH:MM:SS.mmmZ`. */
  readonly exportedAt: string;
  /** Principal id. */
  readonly requestedBy: string;
  readonly requestId: string;
}

/** First line of a statement's note text, by version; nothing else that the key signs begins so. */
const TITLES = { 1: "sallyport-export-v1", 2: "sallyport-export-v2" } as const;
const MEMBERS = { 1: 8, 2: 10 } as const;
const TIMESTAMP = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/;

const invalid = (): SallyportError => new SallyportError("note.invalid", { what: "export statement" });
const isText = (value: unknown): value is string => typeof value === "string" && isPrintableAscii(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

function isStatedGeneration(value: unknown): value is StatedGeneration {
  if (typeof value !== "object" || value === null || Object.keys(value).length !== 7) return false;
  const stated = value as Record<keyof StatedGeneration, unknown>;
  return (
    isCount(stated.generation) &&
    stated.generation >= 1 &&
    isText(stated.auditKey) &&
    isCount(stated.size) &&
    isCount(stated.checkpoints) &&
    [stated.root, stated.head, stated.checkpointsSha256].every((hex) => isText(hex) && isMac(hex))
  );
}

function isVkey(value: unknown): boolean {
  if (!isText(value)) return false;
  try {
    parseVkey(value);
    return true;
  } catch {
    return false;
  }
}

function isArchivedGeneration(value: unknown, at: number): value is ArchivedGeneration {
  if (typeof value !== "object" || value === null || Object.keys(value).length !== 5) return false;
  const { generation, size, root, head, manifest } = value as Record<keyof ArchivedGeneration, unknown>;
  return generation === at + 1 && isCount(size) && [root, head, manifest].every((hex) => isText(hex) && isMac(hex));
}

/** What version 2 has beside the members of version 1: all that went before the first generation, and one generation alone where that is the scope. */
function isPart({ scope, archived }: Readonly<Record<string, unknown>>, stated: readonly StatedGeneration[]): boolean {
  if (!Array.isArray(archived) || archived.length !== (stated[0]?.generation ?? 0) - 1 || !archived.every(isArchivedGeneration)) return false;
  return scope === "chain" || (scope === "generation" && stated.length === 1);
}

function isStatement(value: unknown): value is ExportStatement {
  if (typeof value !== "object" || value === null) return false;
  const { v, deployment, chain, generations, keys, exportedAt, requestedBy, requestId, ...rest } = value as Record<keyof StatedExport | "v", unknown>;
  if ((v !== 1 && v !== 2) || Object.keys(value).length !== MEMBERS[v]) return false;
  if (!isText(deployment) || !isText(chain) || !isChain(chain) || !isText(requestedBy) || !isText(requestId)) return false;
  if (!isText(exportedAt) || !TIMESTAMP.test(exportedAt)) return false;
  if (!Array.isArray(keys) || keys.length === 0 || !keys.every(isVkey)) return false;
  if (!Array.isArray(generations) || generations.length === 0 || !generations.every(isStatedGeneration)) return false;
  const stated = generations as readonly StatedGeneration[];
  const [first] = stated;
  if (first === undefined || !stated.every(({ generation }, index) => generation === first.generation + index)) return false;
  return v === 1 || isPart(rest, stated);
}

/**
 * Spells the note text of a statement: a title line, then the statement as one line of canonical JSON.
 *
 * @throws SallyportError `note.invalid` for what isn't a statement.
 */
export function statementText(statement: ExportStatement): string {
  if (!isStatement(statement)) throw invalid();
  return `${TITLES[statement.v]}\n${canonicalJson(statement)}\n`;
}

/** The generations that a statement says were archived. */
export const archivedIn = (statement: ExportStatement): readonly ArchivedGeneration[] => (statement.v === 1 ? [] : statement.archived);

/**
 * Reads the note text of a statement; what it gives is what {@link statementText} spells the same.
 *
 * @throws SallyportError `note.invalid`.
 */
export function parseStatement(text: string): ExportStatement {
  const [title, json, last, ...rest] = text.split("\n");
  if (json === undefined || last !== "" || rest.length > 0) throw invalid();
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw invalid();
  }
  if (!isStatement(value) || canonicalJson(value) !== json || title !== TITLES[value.v]) throw invalid();
  return value;
}
