import type { Duplex } from "node:stream";
import { type ErrorCode, SallyportError } from "@sallyport/errors";
import { decodeFailure } from "./message-codec.ts";
import { encodeFrame, type Frame, FrameReader } from "./frame.ts";
import { STATUS, unavailable, type Verb, VERBS } from "./verb.ts";

/** What the custodian may answer for itself; any other failure of its means that the verb isn't to be had. */
const PASSED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "verb.refused",
  "verb.invalid",
  "phi.integrity",
  "keys.unavailable",
  "trail.unavailable",
  "trail.unrepresentable",
  "workload.revoked",
  "workload.code",
  "workload.request",
  "enrolment.invalid",
  "enrolment.refused",
  "stepup.failed",
  "approval.state",
  "approval.required",
  "policy.separation",
  "keys.step",
  "keys.unheld",
  "keys.early",
  "keys.in_use",
  "signature.challenge",
  "subject.shredded",
]);

/** A retired connection's last calls have this long. */
const DRAIN_MS = 30_000;
/** Calls overdue and not a byte for this long: the peer hangs, and the connection is given up. */
const SILENCE_MS = 5_000;
/** Requests that may wait for a peer that doesn't read, in bytes. */
const UNREAD_BYTES_MAX = 64 * 1024 * 1024;

interface Pending {
  readonly verb: Verb;
  readonly timer: NodeJS.Timeout;
  resolve(payload: Buffer): void;
  reject(error: SallyportError): void;
}

/** One established socket to the custodian with its calls under way. When it is lost, they all fail at once. */
export class Connection {
  readonly #socket: Duplex;
  readonly #onClose: (answered: boolean) => void;
  readonly #pending = new Map<number, Pending>();
  readonly #reader = new FrameReader();
  #lastId = 0;
  #heardAtMs: number | null = null;
  #retired = false;
  #drain: NodeJS.Timeout | undefined;

  /** @param onClose - Called once; `answered` says whether the peer ever answered on this connection. */
  constructor(socket: Duplex, onClose: (answered: boolean) => void) {
    this.#socket = socket;
    this.#onClose = onClose;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("error", () => socket.destroy());
    socket.once("close", () => this.#close());
  }

  get isUsable(): boolean {
    return !this.#socket.destroyed && this.#socket.writable && !this.#retired;
  }

  /** Sends one call; settles with its answer, its failure, the connection's loss or the deadline, whichever is first. */
  call(verb: Verb, payload: string | Buffer, deadlineMs: number): Promise<Buffer> {
    return new Promise<Buffer>((resolve, reject) => {
      if (this.#socket.destroyed || this.#socket.writableLength > UNREAD_BYTES_MAX) throw new SallyportError(unavailable(verb), { verb });
      this.#lastId = (this.#lastId + 1) >>> 0;
      const id = this.#lastId;
      const frame = encodeFrame(id, VERBS[verb], payload);
      const sentAtMs = performance.now();
      const timer = setTimeout(() => this.#expire(id, sentAtMs), deadlineMs);
      this.#pending.set(id, { verb, timer, resolve, reject });
      this.#socket.write(frame);
    });
  }

  /** Takes no further call, and closes when the last one is settled. */
  retire(): void {
    if (this.#retired) return;
    this.#retired = true;
    this.#drain = setTimeout(() => this.destroy(), DRAIN_MS);
    this.#endIfDone();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#heardAtMs = performance.now();
    let frames: readonly Frame[];
    try {
      frames = this.#reader.push(chunk);
    } catch {
      this.destroy();
      return;
    }
    for (const { id, tag, payload } of frames) {
      const pending = this.#settle(id);
      if (pending === undefined) continue;
      if (tag === STATUS.done) pending.resolve(payload);
      else pending.reject(failureOf(pending.verb, payload));
    }
    this.#endIfDone();
  }

  #expire(id: number, sentAtMs: number): void {
    const pending = this.#settle(id);
    pending?.reject(new SallyportError(unavailable(pending.verb), { verb: pending.verb, why: "deadline" }));
    if (performance.now() - Math.max(sentAtMs, this.#heardAtMs ?? 0) >= SILENCE_MS) this.destroy();
    this.#endIfDone();
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    if (pending === undefined) return undefined;
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    return pending;
  }

  #endIfDone(): void {
    if (this.#retired && this.#pending.size === 0) this.#socket.end(() => this.#socket.destroy());
  }

  #close(): void {
    clearTimeout(this.#drain);
    for (const id of this.#pending.keys()) {
      const pending = this.#settle(id);
      pending?.reject(new SallyportError(unavailable(pending.verb), { verb: pending.verb, why: "connection lost" }));
    }
    this.#onClose(this.#heardAtMs !== null);
  }
}

function failureOf(verb: Verb, payload: Buffer): SallyportError {
  const code = decodeFailure(payload);
  return new SallyportError(code !== undefined && PASSED.has(code) ? code : unavailable(verb), { verb, ...(code !== undefined && { answered: code }) });
}
