import type { Strict } from "@sallyport/contracts";
import { canonicalJson, newId, sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { SiteRef } from "@sallyport/policy";
import type { EvidenceItem } from "../evidence-port.ts";
import type { BoundaryDeps, RequestContext } from "../ports.ts";
import type { Caller } from "./authenticate.ts";
import { failureOf } from "./failure.ts";
import type { Crossing } from "./procedure.ts";
import type { Detail, Trace } from "./trace.ts";

/** The three parts of a change. Keys are opened in `prepare`, before any transaction begins. */
export interface ChangeWork<Tx, Input, Output, Found, Prepared> {
  readonly prepare: (crossing: Crossing<Input, Found>) => Promise<Prepared>;
  /** Writes, inside the transaction; answers the outcome, which is kept for the idempotency key and so holds no PHI. */
  readonly commit: (tx: Tx, crossing: Crossing<Input, Found>, prepared: Prepared) => Promise<Omit<Output, "evidence">>;
  /** What the record in one site's chain adds, for a change that touches several. */
  readonly detailAt?: (prepared: Prepared, site: SiteRef) => Detail;
}

/** What a change may ask for beside the rest. */
export interface ChangeOptions {
  /** The answer waits for the checkpoints of the chains that the act is recorded in. */
  readonly evidence?: true;
  /** One record, as a read has, for an act that touches none of the sites that its grant reaches; otherwise one in each site's chain. */
  readonly recorded?: "once";
}

interface Change<Tx, Input, Output, Found, Prepared> {
  readonly declaration: { readonly output: Strict } & ChangeOptions;
  readonly context: RequestContext & { readonly caller: Caller; readonly trace: Trace };
  readonly path: string;
  readonly crossing: Crossing<Input, Found>;
  readonly work: ChangeWork<Tx, Input, Output, Found, Prepared>;
}

const KEY_FORM = /^[A-Za-z0-9_-]{16,64}$/;

/**
 * Runs a change once. A key that was used before, for the same request, answers what was answered then, as a crossing of its own;
 * for another request it is refused. The act, its records and its key commit together or not at all.
 */
export async function crossByChange<Tx, Input, Output, Found, Prepared>(deps: BoundaryDeps<Tx>, change: Change<Tx, Input, Output, Found, Prepared>): Promise<unknown> {
  const { context, crossing, declaration, path, work } = change;
  const key = context.idempotencyKey;
  if (key === null || !KEY_FORM.test(key)) throw new SallyportError("input.idempotency_missing");
  const { grant, trace } = crossing;
  const outcomeSchema = declaration.evidence === true ? declaration.output.omit({ evidence: true }) : declaration.output;

  const replay = async (): Promise<object | null> => {
    const kept = await deps.idempotency.find(grant.principal, key);
    if (kept === null) return null;
    if (kept.procedure !== path || kept.digest !== digestOf(kept.salt, crossing.input)) throw new SallyportError("input.idempotency_reused");
    await deps.trail.append(trace.success("replayed"));
    return outcomeSchema.parse(kept.outcome);
  };
  const act = async (): Promise<object> => {
    const prepared = await work.prepare(crossing);
    const salt = newId("salt");
    return deps.trail.inTransaction(async (tx, appendLast) => {
      const done = outcomeSchema.parse(await work.commit(tx, crossing, prepared));
      const entry = { principal: grant.principal, key, procedure: path, salt, digest: digestOf(salt, crossing.input), outcome: done };
      // The same key in flight elsewhere: this one rolls back, and its retry finds what the other kept.
      if (!(await deps.idempotency.claim(tx, entry))) throw new SallyportError("service.busy");
      await appendLast([...trace.openings(), ...(declaration.recorded === "once" ? [trace.success()] : trace.successAtEach((site) => work.detailAt?.(prepared, site) ?? {}))]);
      return done;
    });
  };
  let outcome = await replay();
  if (outcome === null) {
    if (declaration.evidence === true) deps.evidence.assertAnchored();
    try {
      outcome = await act();
    } catch (error) {
      // It may have failed only because the same request, sent before, has succeeded meanwhile: then that is the answer.
      outcome = await replay().catch(() => null);
      if (outcome === null) throw error;
    }
  }
  if (declaration.evidence !== true) return outcome;
  return declaration.output.parse({ ...outcome, evidence: await evidenceOf(deps, trace) });
}

/** Waits for the checkpoints of the chains that the act is recorded in. The act stands already: a failure says so, and a retry gets them. */
async function evidenceOf<Tx>(deps: BoundaryDeps<Tx>, trace: Trace): Promise<readonly EvidenceItem[]> {
  const chains = trace.successAtEach(() => ({})).map(({ chain }) => chain);
  try {
    return (await deps.evidence.checkpoint(chains)).map((item) => ({ ...item, anchors: [...item.anchors] }));
  } catch (error) {
    throw new SallyportError("trail.awaiting_evidence", {}, failureOf(error));
  }
}

/** What a key is compared by. A proof is left out: a digest whose salt stands beside it is no place for a password. */
function digestOf(salt: string, input: unknown): string {
  const kept = typeof input === "object" && input !== null && "proof" in input ? { ...input, proof: null } : input;
  return sha256Hex(`${salt}\n${canonicalJson(kept)}`);
}
