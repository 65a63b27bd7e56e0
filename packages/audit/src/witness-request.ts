import { SallyportError } from "@sallyport/errors";
import { decodeBase64 } from "./signed-note.ts";

/** More hashes than any proof has (C2SP tlog-witness, "add-checkpoint"). */
const PROOF_MAX = 63;
const SIZE = /^(?:0|[1-9][0-9]{0,15})$/;

/** What a witness is asked to cosign: a checkpoint, and the proof that it follows from the size that the witness saw last. */
export interface WitnessRequest {
  readonly oldSize: number;
  /** 32 bytes each. */
  readonly proof: readonly Buffer[];
  /** The checkpoint as a signed note. */
  readonly note: string;
}

/** Spells the body of `add-checkpoint` (C2SP tlog-witness). */
export const witnessRequestText = ({ oldSize, proof, note }: WitnessRequest): string => `old ${oldSize}\n${proof.map((hash) => `${hash.toString("base64")}\n`).join("")}\n${note}`;

/** Reads a body of `add-checkpoint`; the note in it isn't looked at. @throws SallyportError `note.invalid`. */
export function parseWitnessRequest(body: string): WitnessRequest {
  const invalid = (): SallyportError => new SallyportError("note.invalid", { what: "witness request" });
  const end = body.indexOf("\n\n");
  const [old = "", ...lines] = body.slice(0, Math.max(0, end)).split("\n");
  const size = old.slice("old ".length);
  if (end === -1 || !old.startsWith("old ") || !SIZE.test(size) || !Number.isSafeInteger(Number(size)) || lines.length > PROOF_MAX) throw invalid();
  const proof = lines.map((line) => {
    const hash = decodeBase64(line);
    if (hash?.length !== 32) throw invalid();
    return hash;
  });
  return { oldSize: Number(size), proof, note: body.slice(end + 2) };
}
