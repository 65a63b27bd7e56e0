import { canonicalJson } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { keyFingerprint, type NoteSigner, openNote, parseVkey, signNote } from "./signed-note.ts";

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
  const handover = parseHandover(note.slice(0, note.indexOf("\n\n") + 1));
  // Each by itself: of several, one signature would do.
  for (const vkey of [handover.from, handover.to]) openNote(note, vkey);
  return handover;
}

/**
 * The verifier keys that count beside the one that states something: it itself first, then those from which handovers lead to it, nearest first.
 *
 * @param handovers - Notes, in any order, of one deployment; each is verified.
 * @throws SallyportError `note.invalid` for one that isn't signed by both keys, or isn't of this key's deployment.
 */
export function keysBehind(vkey: string, handovers: readonly string[]): readonly string[] {
  if (handovers.length > HANDOVERS_MAX) throw invalid();
  const { name } = parseVkey(vkey);
  const turns = handovers.map(openHandover);
  if (turns.some(({ from }) => parseVkey(from).name !== name)) throw invalid();
  const keys = [vkey];
  // The list grows while it is walked, by each key once.
  for (const key of keys) for (const { from, to } of turns) if (to === key && !keys.includes(from)) keys.push(from);
  return keys;
}

/** Whether a fingerprint that somebody got elsewhere is that of one of these keys. */
export const isKeyAmong = (fingerprint: string, vkeys: readonly string[]): boolean => vkeys.some((vkey) => keyFingerprint(parseVkey(vkey).raw) === fingerprint);

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
