import type { IncomingMessage } from "node:http";
import type { PartBody } from "@sallyport/api";
import { UPLOAD_PART_BYTES } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";

/** Which part a request brings, and its bytes, of which nothing was read yet. */
export interface PartRequest {
  readonly input: { readonly packetId: string; readonly file: number; readonly offset: number };
  readonly body: PartBody;
}

/** `/upload/<packet>/<file>/<offset>`, numbers in their one spelling. */
const PATH = /^\/upload\/(pkt_[0-9a-hjkmnp-tv-z]{26})\/([1-9]\d?)\/(0|[1-9]\d{0,9})$/;
const LENGTH = /^[1-9]\d{0,9}$/;

/** Whether a request is for the route of parts, well formed or not. */
export const isPartPath = (path: string): boolean => path === "/upload" || path.startsWith("/upload/");

/**
 * Reads the head of a part (docs/spec/upload-v1.md §3): raw bytes of an announced length, in one spelling, neither encoded nor in chunks of
 * unannounced length.
 *
 * @throws SallyportError `input.not_found`, `input.media_type`, `input.too_large`, `input.invalid`; nothing of the body was read.
 */
export function partRequest(path: string, request: IncomingMessage): PartRequest {
  const [, packetId, file, offset] = PATH.exec(path) ?? [];
  if (packetId === undefined) throw new SallyportError("input.not_found");
  const { headers } = request;
  if (headers["content-type"] !== "application/octet-stream" || headers["content-encoding"] !== undefined) throw new SallyportError("input.media_type");
  if (headers["transfer-encoding"] !== undefined) throw new SallyportError("input.invalid", { where: ["transfer-encoding: not taken"] });
  const announced = headers["content-length"] ?? "";
  if (!LENGTH.test(announced)) throw new SallyportError("input.invalid", { where: ["content-length: missing or none"] });
  const length = Number(announced);
  if (length > UPLOAD_PART_BYTES) throw new SallyportError("input.too_large");
  return { input: { packetId, file: Number(file), offset: Number(offset) }, body: { length, bytes: bytesOf(request) } };
}

/** The body as it comes: no more is taken from the connection than is asked for. */
async function* bytesOf(request: IncomingMessage): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* request as AsyncIterable<Buffer>;
  } catch {
    throw new SallyportError("input.invalid", { where: ["body: not whole"] });
  }
}
