import { type BundleVerdict, joinVerdicts, type ProofVerdict } from "@sallyport/audit";
import { codeOf } from "@sallyport/errors";
import { type ReceiptVerdict, verifyOffline } from "@sallyport/signature";
import { ContainerReader, isContainer, type PacketVerdict, verifyPacket } from "@sallyport/submission";
import { chunksOf, type LocalFile, localReader } from "./local-files.ts";

/** What is asked of the worker: one bundle, and the fingerprint that was got from elsewhere, or null. */
export interface VerifyRequest {
  readonly files: readonly LocalFile[];
  readonly fingerprint: string | null;
  /** A witness's verifier key, or null. */
  readonly witness: string | null;
}

/** What is asked of the worker once it has verified several bundles of one chain: whether they are one trail. */
export interface JoinRequest {
  readonly verdicts: readonly BundleVerdict[];
}

/** What the worker says: how much it has read, and in the end one of the others. Of a failure it says no more than its code. */
export type VerifyAnswer =
  | { readonly kind: "progress"; readonly bytes: number; readonly ofBytes: number }
  | { readonly kind: "verdict"; readonly verdict: BundleVerdict | ReceiptVerdict | ProofVerdict | PacketVerdict }
  | { readonly kind: "refused"; readonly code: string };

const PROGRESS_MS = 100;
/** Each file of a bundle is read once for what is in it and once for its digest; an excerpt's only one, once. */
const readsOf = (files: readonly LocalFile[]): number => (files.length === 1 ? 1 : 2);

/** Verifies a bundle, an excerpt, a receipt, a record's proof or an opened packet of chosen files and tells how far it is, ten times a second at most. */
export async function verifyLocally({ files, fingerprint, witness }: VerifyRequest, tell: (answer: VerifyAnswer) => void): Promise<void> {
  const ofBytes = readsOf(files) * files.reduce((sum, { size }) => sum + size, 0);
  let [bytes, toldAtMs] = [0, 0];
  const told = (read: number): void => {
    bytes = Math.min(bytes + read, ofBytes);
    if (performance.now() - toldAtMs < PROGRESS_MS) return;
    toldAtMs = performance.now();
    tell({ kind: "progress", bytes, ofBytes });
  };
  const pins = { ...(fingerprint !== null && { fingerprint }), ...(witness !== null && { witness }) };
  try {
    const packet = await packetIn(files);
    const verdict = packet === null ? await verifyOffline(localReader(files, told), pins) : await verifyPacket(new ContainerReader(chunksOf(packet, told)), pins);
    tell({ kind: "verdict", verdict });
  } catch (error) {
    tell({ kind: "refused", code: codeOf(error) ?? "bundle.unreadable" });
  }
}

/** The one file that is a packet's container, by its first bytes; null for anything else. */
async function packetIn(files: readonly LocalFile[]): Promise<LocalFile | null> {
  const [file, ...others] = files;
  if (file === undefined || others.length > 0) return null;
  for await (const start of chunksOf(file, () => undefined)) return isContainer(start) ? file : null;
  return null;
}
/** Says whether bundles that were verified are one trail. */
export const joinLocally = ({ verdicts }: JoinRequest): VerifyAnswer => ({ kind: "verdict", verdict: joinVerdicts(verdicts) });
