import { SallyportError } from "@sallyport/errors";
import { isChain } from "./record-draft.ts";
import { decodeBase64 } from "./signed-note.ts";

/** What a checkpoint says: this log had this root at this size. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  /** 32 bytes. */
  readonly root: Buffer;
}

const SIZE = /^(?:0|[1-9][0-9]{0,15})$/;
const ORIGIN = /^[!-*,-~]+$/;

const invalid = (): SallyportError => new SallyportError("note.invalid", { what: "checkpoint" });

/**
 * Names one generation's log: `<deployment>.sallyport/<chain>/<generation>` (docs/spec/checkpoint-v1.md, section 1).
 *
 * @throws SallyportError `note.invalid` where the parts are no deployment, chain and generation.
 */
export function checkpointOrigin(deployment: string, chain: string, generation: number): string {
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(deployment) || !isChain(chain)) throw invalid();
  if (!Number.isSafeInteger(generation) || generation < 1) throw invalid();
  return `${deployment}.sallyport/${chain}/${generation}`;
}

/** The name under which a deployment's custodian signs checkpoints, statements and policies: `<deployment>.sallyport`. */
export const checkpointKeyName = (deployment: string): string => `${deployment}.sallyport`;

/**
 * Spells a checkpoint's note text (C2SP tlog-checkpoint): three lines, no extension lines.
 *
 * @throws SallyportError `note.invalid`.
 */
export function checkpointText(checkpoint: Checkpoint): string {
  const { origin, size, root } = checkpoint;
  if (!ORIGIN.test(origin) || !Number.isSafeInteger(size) || size < 0 || root.length !== 32) throw invalid();
  return `${origin}\n${size}\n${root.toString("base64")}\n`;
}

/**
 * Reads a checkpoint's note text; what it gives is what {@link checkpointText} would spell the same. Extension lines are refused:
 * we sign none.
 *
 * @throws SallyportError `note.invalid`.
 */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin, size, root, last, ...rest] = text.split("\n");
  if (origin === undefined || size === undefined || root === undefined || last !== "" || rest.length > 0) throw invalid();
  const bytes = decodeBase64(root);
  if (!SIZE.test(size) || bytes === null || bytes.length !== 32 || !ORIGIN.test(origin)) throw invalid();
  const parsed = { origin, size: Number(size), root: bytes };
  if (!Number.isSafeInteger(parsed.size)) throw invalid();
  return parsed;
}
