import { canonicalJson } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { fingerprintOf, type NoteSigner, openNote, parseVkey, signNote } from "./signed-note.ts";

/** First line of the note text; nothing else that the key signs begins so. */
const TITLE = "sallyport-handover-v1";
const TIMESTAMP = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/;
/** A turn a year, and as many turned back, is more than a lifetime; it bounds a verifier's work. */
export const HANDOVERS_MAX = 64;

/** That a deployment's signing key was followed by another (docs/spec/handover-v1.md). */
export interface Handover {
  /** Verifier key of who signed until then. */
  readonly from: string;
  /** Verifier key of who signs from then on. */
  readonly to: string;
  /** `YYYY-MM-DDTHH:MM:SS.mmmZ`, by the custodian's clock. */
  readonly at: string;
}

const invalid = (): SallyportError => new SallyportError("note.invalid", { what: "handover" });

/**
 * Signs a handover by both keys: the one before says who follows, and the one that follows shows that it is there and agrees.
 *
 * @throws SallyportError `note.invalid`.
 */
export function signHandover(handover: Handover, from: NoteSigner, to: NoteSigner): string {
  const text = handoverText(handover);
  const note = signNote(text, from) + signNote(text, to).slice(text.length + 1);
  openHandover(note);
  return note;
}

/** Reads a handover, both of whose signatures were verified. @throws SallyportError `note.invalid`. */
export function openHandover(note: string): Handover {
  const text = note.slice(0, note.indexOf("\n\n") + 1);
  const handover = parseHandover(text);
  // Each by itself: of several, one signature would do. And over this very text: a note's may go on behind an empty line.
  for (const vkey of [handover.from, handover.to]) if (openNote(note, vkey) !== text) throw invalid();
  return handover;
}

/**
 * The handovers that lead to the key that states something, from each key from which any do: that one itself first, by none, then the others, nearest first.
 * Of each way the first handover comes first, and the shortest way counts.
 *
 * @param handovers - Notes, in any order, of one deployment; each is verified.
 * @throws SallyportError `note.invalid` for one that isn't signed by both keys, or isn't of this key's deployment.
 */
export function waysTo(vkey: string, handovers: readonly string[]): ReadonlyMap<string, readonly Handover[]> {
  if (handovers.length > HANDOVERS_MAX) throw invalid();
  const { name } = parseVkey(vkey);
  const turns = handovers.map(openHandover);
  if (turns.some(({ from }) => parseVkey(from).name !== name)) throw invalid();
  const ways = new Map<string, readonly Handover[]>([[vkey, []]]);
  // The map grows while it is walked, by each key once.
  for (const [key, way] of ways) for (const turn of turns) if (turn.to === key && !ways.has(turn.from)) ways.set(turn.from, [turn, ...way]);
  return ways;
}

/** The verifier keys that count beside the one that states something: it itself first, then those from which handovers lead to it. @throws as {@link waysTo}. */
export const keysBehind = (vkey: string, handovers: readonly string[]): readonly string[] => [...waysTo(vkey, handovers).keys()];

/** Whether a fingerprint that somebody got elsewhere is that of one of these keys. */
export const isKeyAmong = (fingerprint: string, vkeys: readonly string[]): boolean => vkeys.some((vkey) => fingerprintOf(vkey) === fingerprint);

function handoverText(handover: Handover): string {
  if (!isHandover({ v: 1, ...handover })) throw invalid();
  return `${TITLE}\n${canonicalJson({ v: 1, ...handover })}\n`;
}

function parseHandover(text: string): Handover {
  const [title, json, last, ...rest] = text.split("\n");
  if (title !== TITLE || json === undefined || last !== "" || rest.length > 0) throw invalid();
  const value = parseJson(json);
  if (!isHandover(value) || canonicalJson(value) !== json) throw invalid();
  const { from, to, at } = value;
  return { from, to, at };
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw invalid();
  }
}

/** Two keys of one name, which is the deployment's. */
function isHandover(value: unknown): value is Handover & { readonly v: 1 } {
  if (typeof value !== "object" || value === null || Object.keys(value).length !== 4) return false;
  const { v, from, to, at } = value as Record<string, unknown>;
  if (v !== 1 || typeof from !== "string" || typeof to !== "string" || typeof at !== "string") return false;
  return from !== to && parseVkey(from).name === parseVkey(to).name && TIMESTAMP.test(at);
}
