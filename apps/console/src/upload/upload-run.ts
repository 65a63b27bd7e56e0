import type { CallPath, InputOf, OutputOf } from "../api/procedures.ts";
import type { Part, SendOptions } from "../api/send.ts";
import { toFailure, WireFailure } from "../api/wire-failure.ts";
import type { Unfinished } from "./chosen-files.ts";
import type { DeclaredDocument } from "./document-choice.ts";
import { FileReading, type LocalFile } from "./file-reader.ts";
import { UploadSpeed } from "./upload-speed.ts";

/** What of the api an upload uses; the browser's own but in tests. */
export interface UploadLine {
  readonly call: <P extends CallPath>(path: P, input: InputOf<P>, options?: SendOptions) => Promise<OutputOf<P>>;
  readonly part: (part: Part, signal: AbortSignal) => Promise<number>;
  readonly now: () => number;
  /** Settles after so long, or at once when the signal says so. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

export type UploadPhase = "beginning" | "sending" | "paused" | "completing" | "done" | "failed" | "cancelled";

export interface SendingFile {
  readonly n: number;
  readonly name: string;
  readonly bytes: number;
  sent: number;
}

/** Files in flight at once; the api takes four parts of a person at once. */
const LANES = 3;
const CHUNK_BYTES = 262_144;
/** The api gives a part thirty seconds; one that takes longer than this is followed by smaller ones. */
const SLOW_MS = 8000;
const [WAIT_FIRST_MS, WAIT_MOST_MS] = [500, 10_000];
/** What was sent can't become a packet: nothing but other files help, so what is there is given up. */
const UNMENDABLE: ReadonlySet<string> = new Set(["packet.invalid", "packet.digest", "packet.conflict", "policy.denied"]);

/**
 * Brings files in: begun (or gone on with), sent part by part with their digests taken on the way, and completed. It lives in the page alone
 * and keeps nothing in the browser; whoever shows it subscribes.
 */
export class UploadRun {
  readonly files: readonly SendingFile[];
  readonly study: string;
  readonly speed = new UploadSpeed();
  phase: UploadPhase = "beginning";
  /** Why it failed; or, while it is under way, why it waits and tries again by itself. */
  failure: WireFailure | null = null;
  packet: OutputOf<"packets.complete"> | null = null;
  packetId: string | null;
  readonly #line: UploadLine;
  readonly #documents: readonly (DeclaredDocument | null)[];
  readonly #readings: readonly FileReading[];
  readonly #ended = new AbortController();
  readonly #listeners = new Set<() => void>();
  readonly #keys = { begin: crypto.randomUUID(), complete: crypto.randomUUID(), abandon: crypto.randomUUID() };
  #partBytes = 4 * CHUNK_BYTES;
  #goOn: (() => void)[] = [];
  #version = 0;

  /** `unfinished` is gone on with, its files in the order of `files`; without it a new packet is begun, `documents` saying which files are some. */
  constructor(study: string, files: readonly LocalFile[], line: UploadLine, unfinished: Unfinished | null = null, documents: readonly (DeclaredDocument | null)[] = []) {
    this.study = study;
    this.#documents = documents;
    this.#line = line;
    this.#readings = files.map((file) => new FileReading(file));
    this.files = files.map(({ name, size }, at) => ({ n: at + 1, name, bytes: size, sent: unfinished?.files[at]?.received ?? 0 }));
    this.packetId = unfinished?.packetId ?? null;
    if (unfinished !== null) this.#partBytes = unfinished.partBytes;
  }

  readonly version = (): number => this.#version;
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  get bytes(): number {
    return this.files.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get sent(): number {
    return this.files.reduce((sum, { sent }) => sum + sent, 0);
  }

  /** Whether leaving the page now would interrupt something. */
  get isUnderWay(): boolean {
    return !["done", "failed", "cancelled"].includes(this.phase);
  }

  /** Runs to its end, whatever that is; never rejects. */
  async run(): Promise<void> {
    try {
      await this.#begin();
      this.#enter("sending");
      const waiting = [...this.files];
      const lane = async (): Promise<void> => {
        for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) await this.#send(file);
      };
      await Promise.all(Array.from({ length: LANES }, lane));
      await this.#complete();
    } catch (error) {
      await this.#stop(error);
    }
  }

  /** Holds on after the parts that are on their way. */
  pause(): void {
    if (this.phase === "sending") this.#enter("paused");
  }

  resume(): void {
    if (this.phase !== "paused") return;
    this.speed.reset();
    this.#enter("sending");
    this.#wake();
  }

  /** Gives it up: what was received is removed. */
  async cancel(): Promise<void> {
    if (!this.isUnderWay) return;
    this.#enter("cancelled");
    this.leave();
    await this.#abandon();
  }

  /** Stops without giving up: the page is being left, and whoever comes back can go on. */
  leave(): void {
    this.#ended.abort();
    this.#wake();
  }

  async #begin(): Promise<void> {
    if (this.packetId !== null) return;
    const input = { study: this.study, files: this.files.map(({ n, name, bytes }) => ({ name, bytes, document: this.#documents[n - 1] ?? undefined })) };
    const begun = await this.#persist(() => this.#line.call("packets.begin", input, { idempotencyKey: this.#keys.begin, signal: this.#ended.signal }));
    this.packetId = begun.packetId;
    this.#partBytes = begun.partBytes;
  }

  async #send(file: SendingFile): Promise<void> {
    const reading = this.#readings[file.n - 1];
    if (reading === undefined) throw new WireFailure("internal");
    while (file.sent < file.bytes) {
      await this.#unpaused();
      const bytes = await reading.read(file.sent, this.#partBytes);
      const startedMs = this.#line.now();
      file.sent = await this.#persist(() => this.#line.part({ packetId: this.packetId ?? "", n: file.n, offset: file.sent, bytes }, this.#ended.signal));
      const endedMs = this.#line.now();
      if (endedMs - startedMs > SLOW_MS) this.#partBytes = Math.max(CHUNK_BYTES, Math.floor(this.#partBytes / 2 / CHUNK_BYTES) * CHUNK_BYTES);
      this.speed.note(endedMs, this.sent);
      this.#changed();
    }
  }

  async #complete(): Promise<void> {
    await this.#unpaused();
    this.#enter("completing");
    const files: { n: number; sha256: string }[] = [];
    for (const [at, reading] of this.#readings.entries()) files.push({ n: at + 1, sha256: await reading.sha256(this.#partBytes) });
    const input = { packetId: this.packetId ?? "", files };
    this.packet = await this.#persist(() => this.#line.call("packets.complete", input, { idempotencyKey: this.#keys.complete, signal: this.#ended.signal }));
    this.#enter("done");
  }

  /** Tries again for as long as what fails may pass by itself. */
  async #persist<Answer>(act: () => Promise<Answer>): Promise<Answer> {
    for (let waitMs = WAIT_FIRST_MS; ; waitMs = Math.min(WAIT_MOST_MS, waitMs * 2)) {
      try {
        const answer = await act();
        this.failure = null;
        return answer;
      } catch (error) {
        const failure = toFailure(error);
        if (this.#ended.signal.aborted || !failure.isPassing) throw error;
        this.failure = failure;
        this.speed.reset();
        this.#changed();
        await this.#line.pause(waitMs, this.#ended.signal);
      }
    }
  }

  async #unpaused(): Promise<void> {
    while (this.phase === "paused" && !this.#ended.signal.aborted) await new Promise<void>((resolve) => this.#goOn.push(resolve));
    this.#ended.signal.throwIfAborted();
  }

  #wake(): void {
    for (const goOn of this.#goOn.splice(0)) goOn();
  }

  async #stop(error: unknown): Promise<void> {
    if (this.phase === "cancelled" || this.#ended.signal.aborted) return;
    this.#ended.abort();
    this.failure =
      error instanceof DOMException ? new WireFailure("input.invalid", "", ["the file was changed or taken away while it was read: choose it again"]) : toFailure(error);
    this.#enter("failed");
    if (UNMENDABLE.has(this.failure.code)) await this.#abandon();
  }

  async #abandon(): Promise<void> {
    if (this.packetId === null) return;
    // Where this fails the packet is given up by itself within a day, and stands among the unfinished ones until then.
    await this.#line.call("packets.abandon", { packetId: this.packetId }, { idempotencyKey: this.#keys.abandon }).catch(() => undefined);
    this.#changed();
  }

  #enter(phase: UploadPhase): void {
    this.phase = phase;
    if (phase !== "failed") this.failure = null;
    this.#changed();
  }

  #changed(): void {
    this.#version += 1;
    for (const tell of this.#listeners) tell();
  }
}
