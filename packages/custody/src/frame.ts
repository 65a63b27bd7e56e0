import { SallyportError } from "@sallyport/errors";

/** The longest frame that either side takes, in bytes after the length field. */
export const FRAME_BYTES_MAX = 16 * 1024 * 1024;

const PREFIX_BYTES = 4;
const HEAD_BYTES = 5;

/** One message on the wire: a request (`tag` is the verb) or its answer (`tag` is the status), matched by `id`. */
export interface Frame {
  readonly id: number;
  readonly tag: number;
  readonly payload: Buffer;
}

/**
 * Makes the bytes of one frame: u32 length of what follows, u32 id, u8 tag, payload; big-endian.
 * One buffer, so that one write hands one TLS record's worth to the socket.
 *
 * @throws `verb.invalid` where the frame would be longer than {@link FRAME_BYTES_MAX}.
 */
export function encodeFrame(id: number, tag: number, payload: string | Buffer): Buffer {
  const bytes = typeof payload === "string" ? Buffer.byteLength(payload, "utf8") : payload.length;
  if (HEAD_BYTES + bytes > FRAME_BYTES_MAX) throw new SallyportError("verb.invalid", { bytes });
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + HEAD_BYTES + bytes);
  frame.writeUInt32BE(HEAD_BYTES + bytes, 0);
  frame.writeUInt32BE(id, PREFIX_BYTES);
  frame.writeUInt8(tag, PREFIX_BYTES + 4);
  if (typeof payload === "string") frame.write(payload, PREFIX_BYTES + HEAD_BYTES, "utf8");
  else payload.copy(frame, PREFIX_BYTES + HEAD_BYTES);
  return frame;
}

/** Cuts a byte stream into frames, however it is chunked. After a throw the stream is out of step and must be closed. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #heldBytes = 0;
  #neededBytes = PREFIX_BYTES;

  /**
   * Takes the next bytes and returns the frames that they complete, in order.
   *
   * @throws `verb.invalid` on a length below the head's or above {@link FRAME_BYTES_MAX}, before the frame is buffered.
   */
  push(chunk: Buffer): readonly Frame[] {
    this.#chunks.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes < this.#neededBytes) return [];

    const held = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#heldBytes);
    const frames: Frame[] = [];
    let at = 0;
    this.#neededBytes = PREFIX_BYTES;
    while (held.length - at >= PREFIX_BYTES) {
      const length = held.readUInt32BE(at);
      if (length < HEAD_BYTES || length > FRAME_BYTES_MAX) throw new SallyportError("verb.invalid", { bytes: length });
      if (held.length - at < PREFIX_BYTES + length) {
        this.#neededBytes = PREFIX_BYTES + length;
        break;
      }
      const body = at + PREFIX_BYTES;
      frames.push({ id: held.readUInt32BE(body), tag: held.readUInt8(body + 4), payload: held.subarray(body + HEAD_BYTES, body + length) });
      at = body + length;
    }
    this.#chunks = at === held.length ? [] : [held.subarray(at)];
    this.#heldBytes = held.length - at;
    return frames;
  }
}
