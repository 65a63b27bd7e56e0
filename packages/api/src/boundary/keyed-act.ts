import { canonicalJson, newId, sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { EvidenceItem } from "../evidence-port.ts";
import type { BoundaryDeps, RequestContext } from "../ports.ts";
import { failureOf } from "./failure.ts";
import type { Trace } from "./trace.ts";

const KEY_FORM = /^[A-Za-z0-9_-]{16,64}$/;

interface Asked {
  readonly principal: string;
  readonly path: string;
  readonly input: unknown;
}

/** One request under its idempotency key: what is kept of it holds no PHI, and is its principal's alone. */
export class KeyedAct<Tx> {
  readonly #deps: Pick<BoundaryDeps<Tx>, "idempotency">;
  readonly #key: string;
  readonly #asked: Asked;

  /** @throws SallyportError `input.idempotency_missing` */
  constructor(deps: Pick<BoundaryDeps<Tx>, "idempotency">, { idempotencyKey }: RequestContext, asked: Asked) {
    if (idempotencyKey === null || !KEY_FORM.test(idempotencyKey)) throw new SallyportError("input.idempotency_missing");
    this.#deps = deps;
    this.#key = idempotencyKey;
    this.#asked = asked;
  }

  /** What the same request came to before; null where the key is new. @throws SallyportError `input.idempotency_reused` for another request. */
  async outcome(): Promise<unknown> {
    const { principal, path, input } = this.#asked;
    const kept = await this.#deps.idempotency.find(principal, this.#key);
    if (kept === null) return null;
    if (kept.procedure !== path || kept.digest !== digestOf(kept.salt, input)) throw new SallyportError("input.idempotency_reused");
    return kept.outcome;
  }

  /** Keeps the outcome with the act. @throws SallyportError `service.busy` where the same key is in flight elsewhere: this one rolls back, and its retry finds what the other kept. */
  async claim(tx: Tx, outcome: object): Promise<void> {
    const { principal, path: procedure, input } = this.#asked;
    const salt = newId("salt");
    if (!(await this.#deps.idempotency.claim(tx, { principal, key: this.#key, procedure, salt, digest: digestOf(salt, input), outcome }))) throw new SallyportError("service.busy");
  }
}

/** Waits for the checkpoints of the chains that the act is recorded in. The act stands already: a failure says so, and a retry gets them. @throws SallyportError `trail.awaiting_evidence` */
export async function evidenceOf<Tx>(deps: Pick<BoundaryDeps<Tx>, "evidence">, trace: Trace): Promise<EvidenceOutput> {
  const chains = trace.successAtEach(() => ({})).map(({ chain }) => chain);
  try {
    return (await deps.evidence.checkpoint(chains)).map((item) => ({ ...item, anchors: [...item.anchors] }));
  } catch (error) {
    throw new SallyportError("trail.awaiting_evidence", {}, failureOf(error));
  }
}

/** As an answer holds it. */
export type EvidenceOutput = (Omit<EvidenceItem, "anchors"> & { anchors: string[] })[];

/** What a key is compared by. A proof is left out: a digest whose salt stands beside it is no place for a password. */
function digestOf(salt: string, input: unknown): string {
  const kept = typeof input === "object" && input !== null && "proof" in input ? { ...input, proof: null } : input;
  return sha256Hex(`${salt}\n${canonicalJson(kept)}`);
}
