import type { Duplex } from "node:stream";
import type { SealAnswer, SealBatch } from "@sallyport/audit";
import { SallyportError } from "@sallyport/errors";
import type { Identity } from "@sallyport/pki";
import { dialCustodian } from "./dial-custodian.ts";
import { assertCommitted, assertSameKeys, type KeyProof } from "./key-commitment.ts";
import { Link } from "./link.ts";
import { parseApproveAnswer } from "./approve-codec.ts";
import { KEYS_MAX, parseIssued, parseKeyAnswers, parseMinted, parseSignAnswer, parseStatus } from "./message-codec.ts";
import type {
  ApproveAnswers,
  ApproveRequest,
  Custodian,
  CustodianStatus,
  Issued,
  KeyContext,
  Minted,
  MintRequest,
  RotateAnswers,
  RotateRequest,
  ServiceRequest,
  ShredAnswer,
  ShredRequest,
  SignAnswer,
  SignRequest,
  StatusRequest,
  WrappedKey,
} from "./model.ts";
import { parseRotateAnswer, parseShredAnswer } from "./rotate-codec.ts";
import { decodeSealAnswers, encodeSealCall } from "./seal-codec.ts";
import { SealQueue } from "./seal-queue.ts";
import { UnwrapQueue, type WrappedItem } from "./unwrap-queue.ts";
import { readAnswer } from "./verb.ts";

const MAX_AGE_MS = 300_000;

/** Where the present identity comes from, and who says that it changed; `IdentityFolder` of `@sallyport/pki` is one. */
export interface IdentitySource {
  current(): Identity;
  onChange(listener: () => void): unknown;
}

export interface CustodianAddress {
  readonly host: string;
  readonly port: number;
  readonly identity: IdentitySource;
  /** The SPIFFE ID that the server must prove: `spiffe://<deployment>.sallyport/zone/data/custodian`. */
  readonly custodianSpiffe: string;
}

export interface CustodianClientOptions {
  /** Opens one proven socket. */
  readonly dial: () => Promise<Duplex>;
  readonly deployment: string;
  readonly maxAgeMs?: number;
  readonly random?: () => number;
  /** For tests that show what the proof of a returned key is for. */
  readonly prove?: KeyProof;
}

/**
 * The custodian's verbs over one long-lived connection (docs/spec/custody-v1.md).
 *
 * Every call settles within its deadline. Failures: what the custodian refuses (`verb.refused`, `verb.invalid`, `phi.integrity`, and those of `approve` and `rotate`),
 * and otherwise `keys.unavailable` (wrap, unwrap, rotate), `trail.unavailable` (seal, sign), `service.unavailable` — also where the
 * answer is one that a whole custodian doesn't give. Nothing is retried: seal and sign may have happened.
 */
export class CustodianClient implements Custodian {
  readonly #deployment: string;
  readonly #link: Link;
  readonly #unwraps: UnwrapQueue;
  readonly #seals: SealQueue;
  readonly #prove: KeyProof;

  constructor({ dial, deployment, maxAgeMs = MAX_AGE_MS, random = Math.random, prove = assertCommitted }: CustodianClientOptions) {
    this.#deployment = deployment;
    this.#link = new Link({ dial, maxAgeMs, random });
    this.#prove = prove;
    this.#seals = new SealQueue((batches, deadlineMs) => this.#seal(batches, deadlineMs));
    this.#unwraps = new UnwrapQueue((verb, payload, deadlineMs) => this.#link.call(verb, payload, deadlineMs), prove);
  }

  /** Whether a connection is up now. */
  get isConnected(): boolean {
    return this.#link.isUp;
  }

  seal(batches: readonly SealBatch[], deadlineMs: number): Promise<readonly SealAnswer[]> {
    return this.#seals.seal(batches, deadlineMs);
  }

  async wrap(contexts: readonly KeyContext[], deadlineMs: number): Promise<readonly WrappedKey[]> {
    const pages: (readonly KeyContext[])[] = [];
    for (let at = 0; at < contexts.length; at += KEYS_MAX) pages.push(contexts.slice(at, at + KEYS_MAX));
    return (await Promise.all(pages.map((page) => this.#wrapPage(page, deadlineMs)))).flat();
  }

  unwrap(items: readonly WrappedItem[], deadlineMs: number): Promise<readonly Buffer[]> {
    return this.#unwraps.unwrap(items, deadlineMs);
  }

  async mint(request: MintRequest, deadlineMs: number): Promise<Minted> {
    const payload = await this.#link.call("mint", JSON.stringify(request), deadlineMs);
    return readAnswer("mint", () => parseMinted(payload));
  }

  async issue(request: ServiceRequest, deadlineMs: number): Promise<Issued> {
    const payload = await this.#link.call("issue", JSON.stringify(request), deadlineMs);
    return readAnswer("issue", () => parseIssued(payload));
  }

  async revoke(service: string, deadlineMs: number): Promise<void> {
    await this.#link.call("issue", JSON.stringify({ kind: "revocation", service }), deadlineMs);
  }

  async sign(request: SignRequest, deadlineMs: number): Promise<SignAnswer> {
    const payload = await this.#link.call("sign", JSON.stringify(request), deadlineMs);
    return readAnswer("sign", () => parseSignAnswer(payload));
  }

  async approve<K extends ApproveRequest["kind"]>(request: ApproveRequest & { readonly kind: K }, deadlineMs: number): Promise<ApproveAnswers[K]> {
    const payload = await this.#link.call("approve", JSON.stringify(request), deadlineMs);
    return readAnswer("approve", () => parseApproveAnswer(request.kind, payload));
  }

  async rotate<K extends RotateRequest["kind"]>(request: RotateRequest & { readonly kind: K }, deadlineMs: number): Promise<RotateAnswers[K]> {
    const asked: RotateRequest = request;
    const payload = await this.#link.call("rotate", JSON.stringify(asked), deadlineMs);
    return readAnswer("rotate", () => {
      const answer = parseRotateAnswer(request.kind, payload);
      if (asked.kind === "rewrap" && "keys" in answer) assertSameKeys(asked.items, answer.keys);
      return answer;
    });
  }

  async shred(request: ShredRequest, deadlineMs: number): Promise<ShredAnswer> {
    const payload = await this.#link.call("shred", JSON.stringify(request), deadlineMs);
    return readAnswer("shred", () => parseShredAnswer(payload));
  }

  async status(request: StatusRequest, deadlineMs: number): Promise<CustodianStatus> {
    const payload = await this.#link.call("status", JSON.stringify(request), deadlineMs);
    return readAnswer("status", () => parseStatus(payload));
  }

  /** Replaces the connection by one with the present identity; the old one serves until then. */
  renew(): void {
    this.#link.renew();
  }

  /** Closes the connection; calls under way fail. */
  close(): void {
    this.#link.close();
  }

  async #seal(batches: readonly SealBatch[], deadlineMs: number): Promise<readonly SealAnswer[]> {
    const payload = await this.#link.call("seal", encodeSealCall({ deployment: this.#deployment, batches }), deadlineMs);
    return readAnswer("seal", () =>
      decodeSealAnswers(
        payload,
        batches.map(({ drafts }) => drafts.length),
      ),
    );
  }

  async #wrapPage(contexts: readonly KeyContext[], deadlineMs: number): Promise<readonly WrappedKey[]> {
    const payload = await this.#link.call("wrap", JSON.stringify(contexts), deadlineMs);
    return readAnswer("wrap", () =>
      parseKeyAnswers(payload, contexts.length).map((answer, index) => {
        if ("code" in answer || answer.wrapped === undefined) throw new SallyportError("keys.unavailable");
        const key = Buffer.from(answer.key, "base64url");
        this.#prove(contexts[index] as KeyContext, answer.wrapped, key);
        return { wrapped: answer.wrapped, key };
      }),
    );
  }
}

/** Connects to the custodian and stays connected; a changed identity takes a new connection at once. Returns before the first one is up. */
export function connectCustodian({ host, port, identity, custodianSpiffe }: CustodianAddress): CustodianClient {
  const deployment = /^spiffe:\/\/([^/]+)\.sallyport\//.exec(custodianSpiffe)?.[1];
  if (deployment === undefined) throw new RangeError("custodianSpiffe names no deployment");
  const client = new CustodianClient({ deployment, dial: () => dialCustodian(host, port, identity.current(), custodianSpiffe) });
  identity.onChange(() => client.renew());
  return client;
}
