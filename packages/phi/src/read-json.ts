import { SallyportError } from "@sallyport/errors";
import { JsonFault, JsonScanner } from "./json-scanner.ts";

export interface JsonLimits {
  /** Bytes of UTF-8, or code units of a string; 128 MiB unless given. */
  readonly bytesMax?: number;
  /** 64 unless given. */
  readonly depthMax?: number;
}

const BYTES_MAX = 128 * 1024 * 1024;
const DEPTH_MAX = 64;

/**
 * Reads one JSON value strictly: UTF-8 without a byte order mark, no key twice, no `__proto__`, no lone surrogate, no
 * number that a double can't hold, bounded in size and depth. Linear in the input.
 *
 * @throws SallyportError `packet.invalid` with line and column in `where`, and nothing of the text; `input.too_large` beyond `bytesMax`.
 */
export function readJson(input: string | Uint8Array, { bytesMax = BYTES_MAX, depthMax = DEPTH_MAX }: JsonLimits = {}): unknown {
  if (input.length > bytesMax) throw new SallyportError("input.too_large", { bytesMax });
  const text = typeof input === "string" ? input : decode(input);
  try {
    new JsonScanner(text, depthMax).scan();
  } catch (error) {
    if (error instanceof JsonFault) throw new SallyportError("packet.invalid", { where: [`${placeOf(text, error.at)}: ${error.fault}`] });
    throw error;
  }
  return parse(text);
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new SallyportError("packet.invalid", { where: ["the file: not UTF-8"] });
  }
}

/** What the scanner lets pass, JSON.parse takes; its own message would quote the text, so it never leaves. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new SallyportError("packet.invalid", { where: ["the file: not JSON"] });
  }
}

function placeOf(text: string, at: number): string {
  const before = text.slice(0, at);
  const lineStart = before.lastIndexOf("\n") + 1;
  return `line ${before.split("\n").length}, column ${at - lineStart + 1}`;
}
