import { randomUUID } from "node:crypto";
import { type Connection, SallyportClientError } from "@sallyport/client";
import { inventedDemographics, PILOT } from "./pilot-study.ts";
import type { Product } from "./product.ts";

/** A change that was acknowledged, and the key that it was asked with. */
export interface AcknowledgedPacket {
  readonly packetId: string;
  readonly key: string;
}

/** A reveal that was answered, and where the answer says that it is on record. */
export interface AcknowledgedReveal {
  readonly chain: string;
  readonly generation: number;
  readonly seq: number;
}

/** Several callers at work at once, who note what was acknowledged to them and keep on through every outage. */
export class Load {
  readonly uploads: AcknowledgedPacket[] = [];
  readonly rejections: AcknowledgedPacket[] = [];
  readonly reveals: AcknowledgedReveal[] = [];
  /** Reads that were answered. */
  reads = 0;
  /** Calls that failed as calls do in an outage. */
  outages = 0;
  readonly #connections: Connection[] = [];
  readonly #workers: Promise<void>[] = [];
  readonly #content = inventedDemographics(1);
  #isStopped = false;

  constructor(product: Product, subjects: readonly string[]) {
    const open = (profile: string): Connection => {
      const connection = product.connect(profile);
      this.#connections.push(connection);
      return connection;
    };
    const [ingest, steward, reviewer] = [open("ingest"), open("steward"), open("reviewer")];
    const subject = (n: number): string => subjects[n % subjects.length] ?? "";
    for (let each = 0; each < 3; each += 1) this.#work(async (n) => await this.#upload(ingest, steward, n % 2 === 0));
    for (let each = 0; each < 4; each += 1) {
      this.#work(async (n) => {
        const { recorded } = await reviewer.api.subjects.reveal.mutate({
          subjectId: subject(n * 4 + each),
          field: "DM.SEX",
          purpose: "monitoring",
          reason: "source data verification",
        });
        this.reveals.push(recorded);
      });
    }
    this.#work(async (n) => {
      await reviewer.api.subjects.get.query({ subjectId: subject(n) });
      this.reads += 1;
    });
  }

  /** Everything that was acknowledged so far. */
  get acknowledged(): number {
    return this.uploads.length + this.rejections.length + this.reveals.length + this.reads;
  }

  /** Lets the calls in hand end. Throws the first failure that no outage explains. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    const ended = await Promise.allSettled(this.#workers);
    await Promise.all(this.#connections.map(async (connection) => await connection.close()));
    for (const each of ended) if (each.status === "rejected") throw each.reason;
  }

  async #upload(ingest: Connection, steward: Connection, isRejected: boolean): Promise<void> {
    const upload = randomUUID();
    const { packetId } = await ingest.api.packets.upload.mutate({ study: PILOT, content: this.#content }, { context: { idempotencyKey: upload } });
    this.uploads.push({ packetId, key: upload });
    if (!isRejected) return;
    const reject = randomUUID();
    await steward.api.packets.reject.mutate({ packetId, reason: "delivered for the wrong visit" }, { context: { idempotencyKey: reject } });
    this.rejections.push({ packetId, key: reject });
  }

  #work(act: (n: number) => Promise<void>): void {
    const loop = async (): Promise<void> => {
      for (let n = 0; !this.#isStopped; n += 1) {
        try {
          await act(n);
        } catch (error) {
          if (!isOutage(error)) throw error;
          this.outages += 1;
        }
      }
    };
    const worker = loop();
    worker.catch(() => undefined);
    this.#workers.push(worker);
  }
}

/** What a caller may meet while a process is away: nothing answers, or the answer is that it can't be served now. */
const isOutage = (error: unknown): boolean => error instanceof SallyportClientError && (error.status === 503 || error.code.startsWith("connection."));
