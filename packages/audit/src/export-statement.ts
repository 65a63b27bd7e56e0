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

/** What the custodian signs for an export (docs/spec/bundle-v1.md, section 3). All strings are printable ASCII. */
export interface ExportStatement {
  readonly v: 1;
  readonly deployment: string;
  readonly chain: string;
  /** Every generation of the chain, in order and without gaps. */
  readonly generations: readonly StatedGeneration[];
  /** Verifier keys of everything signed in the bundle; the first signs the statement and the leaves. */
  readonly keys: readonly string[];
  /** `YYYY-MM-DDTHH:MM:SS.mmmZ`. */
  readonly exportedAt: string;
  /** Principal id. */
  readonly requestedBy: string;
  readonly requestId: string;
}

/** First line of a statement's note text; nothing else that the key signs begins so. */
const TITLE = "sallyport-export-v1";
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

function isStatement(value: unknown): value is ExportStatement {
  if (typeof value !== "object" || value === null || Object.keys(value).length !== 8) return false;
  const { v, deployment, chain, generations, keys, exportedAt, requestedBy, requestId } = value as Record<keyof ExportStatement, unknown>;
  if (v !== 1 || !isText(deployment) || !isText(chain) || !isChain(chain) || !isText(requestedBy) || !isText(requestId)) return false;
  if (!isText(exportedAt) || !TIMESTAMP.test(exportedAt)) return false;
  if (!Array.isArray(keys) || keys.length === 0 || !keys.every(isVkey)) return false;
  if (!Array.isArray(generations) || generations.length === 0 || !generations.every(isStatedGeneration)) return false;
  const stated = generations as readonly StatedGeneration[];
  const [first] = stated;
  return first !== undefined && stated.every(({ generation }, index) => generation === first.generation + index);
}

/**
 * Spells the note text of a statement: a title line, then the statement as one line of canonical JSON.
 *
 * @throws SallyportError `note.invalid` for what isn't a statement.
 */
export function statementText(statement: ExportStatement): string {
  if (!isStatement(statement)) throw invalid();
  return `${TITLE}\n${canonicalJson(statement)}\n`;
}

/**
 * Reads the note text of a statement; what it gives is what {@link statementText} spells the same.
 *
 * @throws SallyportError `note.invalid`.
 */
export function parseStatement(text: string): ExportStatement {
  const [title, json, last, ...rest] = text.split("\n");
  if (title !== TITLE || json === undefined || last !== "" || rest.length > 0) throw invalid();
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw invalid();
  }
  if (!isStatement(value) || canonicalJson(value) !== json) throw invalid();
  return value;
}
