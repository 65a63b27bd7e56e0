import { canonicalJson } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { ArchivedGeneration } from "./export-statement.ts";
import { isChain, isPrintableAscii } from "./record-draft.ts";
import { isMac } from "./record-encoding.ts";

/** What the custodian signs of a generation that two people had archived (docs/spec/archival-v1.md). All strings are printable ASCII. */
export interface ArchivalStatement extends ArchivedGeneration {
  readonly v: 1;
  readonly deployment: string;
  readonly chain: string;
  /** Times of its first and its last record, as these have them; `-` where it has none. */
  readonly from: string;
  readonly to: string;
  /** When the custodian put it down, by its clock: `YYYY-MM-DDTHH:MM:SS.mmmZ`. */
  readonly at: string;
  /** Digest of the approved statement (approval-v1.md). */
  readonly approval: string;
  /** Persons' ids: who asked first, then who approved. */
  readonly by: readonly string[];
}

/** First line of the note's text; nothing else that the key signs begins so. */
const TITLE = "sallyport-archived-v1";
const TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/;

const invalid = (): SallyportError => new SallyportError("note.invalid", { what: "archival statement" });
const isText = (value: unknown): value is string => typeof value === "string" && isPrintableAscii(value);
const isTime = (value: unknown): boolean => isText(value) && TIME.test(value);

function isStatement(value: unknown): value is ArchivalStatement {
  if (typeof value !== "object" || value === null || Object.keys(value).length !== 13) return false;
  const { v, deployment, chain, generation, size, root, head, manifest, from, to, at, approval, by } = value as Record<keyof ArchivalStatement, unknown>;
  if (v !== 1 || !isText(deployment) || !isText(chain) || !isChain(chain)) return false;
  if (![generation, size].every((count) => Number.isSafeInteger(count) && Number(count) >= 0) || generation === 0) return false;
  if (![root, head, manifest, approval].every((hex) => isText(hex) && isMac(hex))) return false;
  if (!isTime(at) || ![from, to].every((time) => (size === 0 ? time === "-" : isTime(time)))) return false;
  return Array.isArray(by) && by.length >= 2 && by.every(isText);
}

/**
 * Spells the note text of an archival: a title line, then the statement as one line of canonical JSON.
 *
 * @throws SallyportError `note.invalid` for what isn't one.
 */
export function archivalText(statement: ArchivalStatement): string {
  if (!isStatement(statement)) throw invalid();
  return `${TITLE}\n${canonicalJson(statement)}\n`;
}

/** Reads what {@link archivalText} spells. @throws SallyportError `note.invalid`. */
export function parseArchival(text: string): ArchivalStatement {
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
