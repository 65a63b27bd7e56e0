import { existsSync, readFileSync } from "node:fs";
import { writePrivate } from "@sallyport/app-host";
import { isMac } from "@sallyport/audit";
import { SallyportError } from "@sallyport/errors";

/** The last record of a chain that was handed on. */
export interface ChainCursor {
  readonly generation: number;
  /** 0 before a generation's first. */
  readonly seq: number;
  readonly mac: string;
  /** How many records after it are of our own reading: each reading of a chain is a record of that chain. */
  readonly own: number;
}

/** How far each chain has been handed on. */
export interface SiemCursor {
  readonly v: 1;
  /** Null before the first record. */
  readonly deployment: string | null;
  readonly chains: Readonly<Record<string, ChainCursor>>;
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const isChainCursor = (value: unknown): value is ChainCursor => {
  const { generation, seq, mac, own } = (value ?? {}) as Partial<ChainCursor>;
  return isCount(generation) && isCount(seq) && isCount(own) && typeof mac === "string" && isMac(mac);
};

function isCursor(value: unknown): value is SiemCursor {
  const { v, deployment, chains } = (value ?? {}) as Partial<SiemCursor>;
  return v === 1 && (deployment === null || typeof deployment === "string") && typeof chains === "object" && chains !== null && Object.values(chains).every(isChainCursor);
}

/** Reads a cursor; one that begins where there is no file. @throws SallyportError `cursor.unreadable` for a file that is none. */
export function readCursor(file: string): SiemCursor {
  if (!existsSync(file)) return { v: 1, deployment: null, chains: {} };
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (isCursor(value)) return value;
  } catch (cause) {
    throw new SallyportError("cursor.unreadable", {}, cause);
  }
  throw new SallyportError("cursor.unreadable");
}

/** Keeps a cursor: whole or not at all, and on the disk when it returns. */
export const writeCursor = (file: string, cursor: SiemCursor): void => writePrivate(file, `${JSON.stringify(cursor)}\n`);
