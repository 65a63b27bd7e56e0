import type { Duplex } from "node:stream";
import { SallyportError } from "@sallyport/errors";
import { encodeFailure } from "./message-codec.ts";
import { encodeFrame, type Frame, FrameReader } from "./frame.ts";
import { STATUS, type Verb, verbOf } from "./verb.ts";

/** Answers one call: the answer's payload, at once or later; a throw becomes `{"code": …}`. */
export type FrameHandler = (verb: Verb, payload: Buffer) => string | Buffer | Promise<string | Buffer>;

/** Calls of one connection that may be under way together; further frames wait in the socket. */
const CALLS_MAX = 256;
/** Answers that may wait for a peer that doesn't read, in bytes. */
const UNREAD_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Answers frames on a socket until it closes. Answers leave in the order in which they are ready, one write each.
 * A stream that is out of step, or a peer that doesn't read its answers, loses its connection.
 *
 * @param admit - Asked before every frame; a throw closes the connection (the peer's certificate expired or was revoked).
 */
export function serveFrames(socket: Duplex, handle: FrameHandler, admit: () => void): void {
  const reader = new FrameReader();
  let underWay = 0;

  const answer = (id: number, status: number, payload: string | Buffer): void => {
    if (socket.destroyed) return;
    if (socket.writableLength > UNREAD_BYTES_MAX) socket.destroy();
    else socket.write(encodeFrame(id, status, payload));
  };
  const settle = (): void => {
    underWay--;
    if (underWay < CALLS_MAX && socket.isPaused()) socket.resume();
  };
  const take = ({ id, tag, payload }: Frame): void => {
    try {
      const verb = verbOf(tag);
      if (verb === undefined) throw new SallyportError("verb.invalid", { tag });
      const answered = handle(verb, payload);
      if (!(answered instanceof Promise)) return answer(id, STATUS.done, answered);
      underWay++;
      if (underWay >= CALLS_MAX) socket.pause();
      answered
        .then((value) => answer(id, STATUS.done, value))
        .catch((error: unknown) => answer(id, STATUS.failed, encodeFailure(error)))
        .finally(settle);
    } catch (error) {
      answer(id, STATUS.failed, encodeFailure(error));
    }
  };

  socket.on("data", (chunk: Buffer) => {
    try {
      for (const frame of reader.push(chunk)) {
        admit();
        take(frame);
      }
    } catch {
      socket.destroy();
    }
  });
  // The close that follows an error is all that matters here: the peer dials again.
  socket.on("error", () => socket.destroy());
}
