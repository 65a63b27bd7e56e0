import { SallyportError } from "@sallyport/errors";

/**
 * Reads a body to its end, but no more than `bytesMax`.
 * @throws SallyportError `input.too_large`, before the rest is read.
 */
export async function readBounded(body: AsyncIterable<Uint8Array>, bytesMax: number, announced?: string): Promise<Buffer> {
  if (announced !== undefined && Number(announced) > bytesMax) throw new SallyportError("input.too_large", { bytesMax });
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) throw new SallyportError("input.too_large", { bytesMax });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
