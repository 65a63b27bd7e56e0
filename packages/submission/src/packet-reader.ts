import type { PacketFault, PacketRules } from "./packet-fault.ts";
import type { PacketFile } from "./packet-manifest.ts";

/** What was found of one listed file. */
export interface FoundFile {
  readonly sha256: string;
  /** The bytes of a receipt; null for everything else, and for a receipt that is too long to be one. */
  readonly text: string | null;
}

/** Port: a packet wherever it lies, opened. It is read in this order, once. */
export interface PacketReader {
  /** @throws PacketBroken where there is none. */
  signature(rules: PacketRules): Promise<string>;
  release(rules: PacketRules): Promise<string>;
  /** Reads all the rest: `found` is told of each listed file that is there with its length, `fault` of whatever isn't as it should be. */
  files(
    listed: readonly PacketFile[],
    rules: PacketRules,
    tell: { readonly found: (file: PacketFile, found: FoundFile) => void; readonly fault: (fault: PacketFault) => void },
  ): Promise<void>;
}

/** Bytes of the longest receipt. */
const RECEIPT_BYTES_MAX = 524_288;
/** Whether a file is kept as text: it is read again as a receipt. */
export const isEvidence = ({ path, bytes }: Pick<PacketFile, "path" | "bytes">): boolean => path.startsWith("evidence/") && bytes <= RECEIPT_BYTES_MAX;
/** Bytes of the longest proof of a release. */
export const RELEASE_BYTES_MAX = 524_288;
