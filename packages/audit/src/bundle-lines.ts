import { SallyportError } from "@sallyport/errors";

const PIECE_LENGTH_MAX = 2 ** 17;
/** The most that a small file of a bundle has, in bytes. */
export const TEXT_BYTES_MAX = 2 ** 24;

/** The lines of a file that comes in pieces, each with its newline, as `BundleReader.lines` promises them. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  // Each byte that isn't UTF-8 must show as a character that no line of ours has, and none may vanish, not even a byte order mark.
  const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });
  let rest = "";
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    let from = 0;
    for (let end = rest.indexOf("\n"); end !== -1; end = rest.indexOf("\n", from)) {
      yield rest.slice(from, end + 1);
      from = end + 1;
    }
    rest = rest.slice(from);
    while (rest.length > PIECE_LENGTH_MAX) {
      yield rest.slice(0, PIECE_LENGTH_MAX);
      rest = rest.slice(PIECE_LENGTH_MAX);
    }
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}

/** A small file whole. @throws SallyportError `bundle.unreadable` where it isn't UTF-8. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new SallyportError("bundle.unreadable", { reason: "not UTF-8" }, cause);
  }
}
