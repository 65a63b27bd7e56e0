import type { Strict } from "@sallyport/contracts";
import type { SiteRef } from "@sallyport/policy";
import type { BoundaryDeps, RequestContext } from "../ports.ts";
import type { Caller } from "./authenticate.ts";
import { evidenceOf, KeyedAct } from "./keyed-act.ts";
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

/**
 * Runs a change once. A key that was used before, for the same request, answers what was answered then, as a crossing of its own;
 * for another request it is refused. The act, its records and its key commit together or not at all.
 */
export async function crossByChange<Tx, Input, Output, Found, Prepared>(deps: BoundaryDeps<Tx>, change: Change<Tx, Input, Output, Found, Prepared>): Promise<unknown> {
  const { context, crossing, declaration, path, work } = change;
  const { grant, trace } = crossing;
  const keyed = new KeyedAct(deps, context, { principal: grant.principal, path, input: crossing.input });
  const outcomeSchema = declaration.evidence === true ? declaration.output.omit({ evidence: true }) : declaration.output;

  const replay = async (): Promise<object | null> => {
    const kept = await keyed.outcome();
    if (kept === null) return null;
    await deps.trail.append(trace.success("replayed"));
    return outcomeSchema.parse(kept);
  };
  const act = async (): Promise<object> => {
    const prepared = await work.prepare(crossing);
    return deps.trail.inTransaction(async (tx, appendLast) => {
      const done = outcomeSchema.parse(await work.commit(tx, crossing, prepared));
      await keyed.claim(tx, done);
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
