import type { IncomingMessage } from "node:http";
import { SallyportError } from "@sallyport/errors";

/** Reads a JSON body of at most `bytesMax`. Throws `input.media_type`, `input.too_large` or `input.invalid`. */
export function readJsonBody(request: IncomingMessage, bytesMax: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    if (request.headers["content-type"] !== "application/json" || request.headers["content-encoding"] !== undefined) {
      return reject(new SallyportError("input.media_type"));
    }
    if (Number(request.headers["content-length"] ?? 0) > bytesMax) return reject(new SallyportError("input.too_large"));
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > bytesMax) {
        request.pause();
        reject(new SallyportError("input.too_large"));
      } else chunks.push(chunk);
    });
    request.on("end", () => {
      try {
        resolve(JSON.parse((chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)).toString("utf8")));
      } catch {
        reject(new SallyportError("input.invalid", { where: ["body: not JSON"] }));
      }
    });
    request.on("error", () => reject(new SallyportError("input.invalid", { where: ["body: not whole"] })));
    return undefined;
  });
}
