import { createHash } from "node:crypto";
import type { AppRouter } from "@sallyport/api";
import { catalog } from "@sallyport/errors";
import type { inferProcedureOutput } from "@trpc/server";
import { callProcedure, dataOf, tokenOf } from "./call.ts";
import { failureOf, SallyportClientError } from "./client-error.ts";
import { ConnectionFault, TokenFault } from "./connection-fault.ts";
import type { Pace } from "./retry.ts";
import type { SessionKeeper } from "./session.ts";
import { partsOf, sourceOf, type UploadFile, type UploadSource } from "./upload-source.ts";

type Packets = AppRouter["_def"]["record"]["packets"];
type Progress = inferProcedureOutput<Packets["progress"]>;
/** A packet in quarantine, without any value of it. */
export type UploadedPacket = inferProcedureOutput<Packets["complete"]>;

/** How far an upload has come. */
export interface UploadStanding {
  readonly packetId: string;
  /** `checking` while the api reads what it was sent: that may take minutes. */
  readonly phase: "sending" | "checking";
  /** Bytes that the api has, of all files together. */
  readonly received: number;
  readonly bytes: number;
}

/** What to upload: a new packet of a study, or the rest of one that was begun. */
export type UploadOptions = ({ readonly study: string } | { readonly packet: string }) & {
  /** 1 to 20 files; for a packet that was begun, the same ones in the same order. */
  readonly files: readonly UploadFile[];
  /**
   * 16 to 56 letters, digits, `_` and `-`: the same upload with the same key is one packet, whichever of its steps was the last that was
   * answered. An upload that was completed before answers with its packet.
   */
  readonly idempotencyKey?: string;
  /**
   * Where the api still can't serve the beginning or the completing after every try, have it kept for later: the upload then fails with
   * `service.accepted_later` and a `receipt`, and once `spool.status` says `replayed`, the same upload with the same key goes on. Needs an `idempotencyKey`.
   */
  readonly acceptLater?: boolean;
  readonly onProgress?: (standing: UploadStanding) => void;
  /** Stops the upload; what was sent stays, and can be gone on with for a day. */
  readonly signal?: AbortSignal;
  /** Milliseconds without any progress after which it is given up; five minutes if absent. */
  readonly patienceMs?: number;
};

const PART_DEADLINE_MS = 60_000;
const READING_DEADLINE_MS = 600_000;
const PATIENCE_MS = 300_000;
const BACKOFF_FIRST_MS = 500;
const BACKOFF_MAX_MS = 10_000;
/** What nothing that is sent again can mend: the packet is given up, so that it doesn't stand in the way of the next one. */
const HOPELESS: ReadonlySet<string> = new Set(["packet.invalid", "packet.digest", "policy.denied"]);
const RENEWABLE: ReadonlySet<string> = new Set(["token.time", "token.key", "token.binding"]);

/**
 * Uploads files as one packet: begins it, sends what is missing part by part, and has it completed. Each file is read once, from its
 * beginning; one part is held in memory. A part that got no answer is sent again, from where the api says.
 *
 * @throws SallyportClientError with `packetId` once there is one: after anything but `packet.invalid`, `packet.digest` and `policy.denied`
 * the upload can be gone on with by `{ packet }`. The signal's reason where the caller gave up.
 */
export async function uploadPacket(options: UploadOptions, sessions: SessionKeeper, pace: Pace): Promise<UploadedPacket> {
  if (options.acceptLater === true && options.idempotencyKey === undefined) throw new TypeError("acceptLater takes an idempotencyKey, by which the upload is gone on with");
  const sources = await Promise.all(options.files.map(sourceOf));
  const upload = new Upload(options, sessions, pace);
  return await upload.run(sources);
}

class Upload {
  readonly #options: UploadOptions;
  readonly #sessions: SessionKeeper;
  readonly #pace: Pace;
  readonly #signal: AbortSignal;

  constructor(options: UploadOptions, sessions: SessionKeeper, pace: Pace) {
    this.#options = options;
    this.#sessions = sessions;
    this.#pace = pace;
    this.#signal = options.signal ?? new AbortController().signal;
  }

  async run(sources: readonly UploadSource[]): Promise<UploadedPacket> {
    this.#signal.throwIfAborted();
    const began = await this.#begin(sources);
    const { packetId } = began;
    try {
      const digests = await this.#sendAll(began, sources);
      return await this.#complete(
        packetId,
        digests,
        began.files.reduce((sum, { bytes }) => sum + bytes, 0),
      );
    } catch (error) {
      if (this.#signal.aborted) throw this.#signal.reason;
      if (!(error instanceof SallyportClientError)) throw error;
      if (HOPELESS.has(error.code)) await this.#call("packets.abandon", { packetId }).catch(() => undefined);
      throw error.at(packetId);
    }
  }

  async #begin(sources: readonly UploadSource[]): Promise<Progress> {
    const options = this.#options;
    if ("packet" in options) return await this.#standing(options.packet, sources);
    const files = sources.map(declared);
    const begun = (await this.#call("packets.begin", { study: options.study, files }, this.#keyed("begin"))) as Progress;
    // With a key of the caller's it may have begun long ago.
    return options.idempotencyKey === undefined ? begun : await this.#standing(begun.packetId, sources);
  }

  /** How far a packet is that was begun before. One that is completed is gone on with by its key alone: the same completing answers again. */
  async #standing(packetId: string, sources: readonly UploadSource[]): Promise<Progress> {
    const progress = (await this.#call("packets.progress", { packetId })) as Progress;
    const isOpen = progress.state === "receiving" || (this.#options.idempotencyKey !== undefined && progress.state !== "abandoned");
    if (!isOpen) throw new SallyportClientError("packet.state", { packetId });
    const isSame = progress.files.length === sources.length && progress.files.every(({ bytes }, at) => bytes === sources[at]?.size);
    if (!isSame) throw new SallyportClientError("input.invalid", { packetId, where: ["files: not as many, or not as long, as when the upload began"] });
    return progress;
  }

  #keyed(step: "begin" | "end"): { readonly idempotencyKey?: string } {
    const key = this.#options.idempotencyKey;
    return key === undefined ? {} : { idempotencyKey: `${key}-${step}` };
  }

  async #sendAll({ packetId, partBytes, files }: Progress, sources: readonly UploadSource[]): Promise<readonly { readonly n: number; readonly sha256: string }[]> {
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    const digests: { n: number; sha256: string }[] = [];
    let before = 0;
    for (const [at, source] of sources.entries()) {
      const hash = createHash("sha256");
      let received = files[at]?.received ?? 0;
      const tell = (): void => this.#options.onProgress?.({ packetId, phase: "sending", received: before + received + restOf(files, at), bytes });
      tell();
      for await (const part of partsOf(source, partBytes)) {
        hash.update(part.bytes);
        while (received < part.offset + part.bytes.length) {
          if (received < part.offset) throw new SallyportClientError("packet.offset", { next: received });
          received = await this.#sendPart(`/upload/${packetId}/${at + 1}/${received}`, part.bytes.subarray(received - part.offset));
          tell();
        }
      }
      before += source.size;
      digests.push({ n: at + 1, sha256: hash.digest("hex") });
    }
    return digests;
  }

  /** Sends one part until the api has it; answers the offset that is next. */
  #sendPart(path: string, body: Uint8Array): Promise<number> {
    return this.#untilDone(async () => {
      const session = this.#sessions.current();
      const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(PART_DEADLINE_MS)]);
      const token = await tokenOf(session, signal);
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/octet-stream" };
      const answer = await session.transport.send({ method: "POST", path, headers, body, isAlone: false }, signal);
      if (answer.status === 200) return (dataOf(answer.body) as { received: number }).received;
      const failure = failureOf(answer.status, answer.body);
      if (failure.status === 401) session.tokens.discard(token);
      if (failure.code === "packet.offset" && failure.next !== undefined) return failure.next;
      throw failure;
    });
  }

  async #complete(packetId: string, files: readonly { readonly n: number; readonly sha256: string }[], bytes: number): Promise<UploadedPacket> {
    this.#options.onProgress?.({ packetId, phase: "checking", received: bytes, bytes });
    const { idempotencyKey = crypto.randomUUID() } = this.#keyed("end");
    return (await this.#untilDone(() => this.#call("packets.complete", { packetId, files }, { idempotencyKey, deadlineMs: READING_DEADLINE_MS }))) as UploadedPacket;
  }

  #call(path: string, input: unknown, context: { readonly idempotencyKey?: string; readonly deadlineMs?: number } = {}): Promise<unknown> {
    const isQuery = path === "packets.progress";
    const acceptLater = this.#options.acceptLater === true;
    return callProcedure({ path, input, isQuery, repeatable: true, context: { ...context, acceptLater }, signal: this.#signal }, this.#sessions, this.#pace);
  }

  /** Tries again after what may pass, more and more slowly, as long as the caller's patience lasts. */
  async #untilDone<T>(work: () => Promise<T>): Promise<T> {
    const endsAt = this.#pace.now() + (this.#options.patienceMs ?? PATIENCE_MS);
    let renewed = false;
    for (let tries = 0; ; tries += 1) {
      try {
        return await work();
      } catch (error) {
        this.#signal.throwIfAborted();
        const isStale = isRenewable(error) && !renewed;
        if (isStale) {
          renewed = true;
          this.#sessions.look();
        }
        const delayMs = Math.min(BACKOFF_FIRST_MS * 2 ** Math.min(tries, 8), BACKOFF_MAX_MS) * (0.5 + this.#pace.random() / 2);
        if (!(isStale || mayPass(error)) || this.#pace.now() + delayMs >= endsAt) throw concluded(error);
        if (!isStale) await this.#pace.sleep(delayMs, this.#signal);
      }
    }
  }
}

/** A source as the api is told of it. */
const declared = ({ name, size, document }: UploadSource) => ({ name, bytes: size, ...(document !== undefined && { document }) });

/** What the api has already of the files behind this one. */
const restOf = (files: Progress["files"], at: number): number => files.slice(at + 1).reduce((sum, { received }) => sum + received, 0);

const isRenewable = (error: unknown): boolean => error instanceof SallyportClientError && RENEWABLE.has(error.code);

/** Whether what is sent again may be taken: nothing was kept of it, or the answer will say that it was. */
function mayPass(error: unknown): boolean {
  const cause = error instanceof TokenFault ? error.failure : error;
  if (cause instanceof ConnectionFault) return cause.kind !== "untrusted" && cause.kind !== "rejected";
  if (!(cause instanceof SallyportClientError)) return false;
  return catalog[cause.code].retry || (cause.code === "input.invalid" && cause.where?.includes("body: not whole") === true);
}

function concluded(error: unknown): unknown {
  const cause = error instanceof TokenFault ? error.failure : error;
  return cause instanceof ConnectionFault ? new SallyportClientError(cause.code, { cause }) : cause;
}
