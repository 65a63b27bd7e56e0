import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Invocation } from "./command.ts";
import { UsageError } from "./usage-error.ts";

/** No procedure takes more; a larger text isn't read to its end. */
const BYTES_MAX = 32 * 1024 * 1024;

/** The text of a file, by its path from where the user stood, or of standard input for `-`. Strict UTF-8. */
export async function readText({ io, settings }: Invocation, path: string): Promise<string> {
  const bytes = path === "-" ? await readAll(io.stdin()) : await readNamed(resolve(settings.workingDir, path));
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`${path === "-" ? "standard input" : path} is not UTF-8`);
  }
}

async function readNamed(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new UsageError(`${path} can't be read (${code})`);
  }
}

async function readAll(input: AsyncIterable<Uint8Array | string>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of input) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk, "utf8") : chunk;
    length += bytes.length;
    if (length > BYTES_MAX) throw new UsageError("standard input is larger than any procedure takes");
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
