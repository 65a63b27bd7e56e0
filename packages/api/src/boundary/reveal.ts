import { SallyportError } from "@sallyport/errors";
import { z } from "zod";
import type { BoundaryDeps, RequestContext } from "../ports.ts";
import type { Caller } from "./authenticate.ts";
import { evidenceOf, type EvidenceOutput, KeyedAct } from "./keyed-act.ts";
import type { Crossing } from "./procedure.ts";
import type { Trace } from "./trace.ts";

/** What a reveal may ask for beside the rest. */
export interface RevealOptions {
  /** No value leaves before its record's chain has its checkpoint. Such a reveal takes an idempotency key: who repeats it has the values opened anew. */
  readonly evidence?: true;
}

/**
 * Opens the value, and says what else is stored with the record. `repeats` is the id of the same caller's same request that was done before under the
 * same key, and null for the first.
 */
export type RevealWork<Tx, Input, Output, Found> = (
  crossing: Crossing<Input, Found>,
  repeats: string | null,
) => Promise<{
  readonly store: (tx: Tx) => Promise<void>;
  /** With the checkpoints that the declaration asks for: none where it asks for none. */
  readonly answer: (recorded: { readonly chain: string; readonly generation: number; readonly seq: number }, evidence: EvidenceOutput) => Output;
}>;

interface Reveal<Tx, Input, Output, Found> {
  readonly declaration: RevealOptions;
  readonly context: RequestContext & { readonly caller: Caller; readonly trace: Trace };
  readonly path: string;
  readonly crossing: Crossing<Input, Found>;
  readonly work: RevealWork<Tx, Input, Output, Found>;
}

/** What is kept for the key of a reveal: which request it was, and nothing that it opened. */
const Kept = z.strictObject({ requestId: z.string() });

/** Runs a reveal: what it stores and its record commit, then its checkpoint is signed where it asks for one, then the values leave. */
export async function crossByReveal<Tx, Input, Output, Found>(
  deps: BoundaryDeps<Tx>,
  { declaration, context, path, crossing, work }: Reveal<Tx, Input, Output, Found>,
): Promise<Output> {
  const { trace } = crossing;
  const asked = { principal: crossing.grant.principal, path, input: crossing.input };
  const keyed = declaration.evidence === true ? new KeyedAct(deps, context, asked) : null;

  const open = async (repeats: string | null): Promise<(evidence: EvidenceOutput) => Output> => {
    const { store, answer } = await work(crossing, repeats);
    const [recorded] = await deps.trail.inTransaction(async (tx, appendLast) => {
      await store(tx);
      if (repeats === null) await keyed?.claim(tx, { requestId: context.requestId });
      return appendLast([trace.success(repeats === null ? "allowed" : "replayed")]);
    });
    if (recorded === undefined) throw new SallyportError("trail.unavailable");
    const { chain, generation, seq } = recorded;
    return (evidence) => answer({ chain, generation, seq }, evidence);
  };
  if (keyed === null) return (await open(null))([]);

  const before = async (): Promise<string | null> => {
    const kept = await keyed.outcome();
    return kept === null ? null : Kept.parse(kept).requestId;
  };
  const repeats = await before();
  // A repeat isn't held up before it begins: its act stands already, and it waits for its evidence like the first.
  if (repeats === null) deps.evidence.assertAnchored();
  const answer = await open(repeats).catch(async (error: unknown) => {
    // It may have failed only because the same request, sent before, has succeeded meanwhile.
    const meanwhile = repeats === null ? await before().catch(() => null) : null;
    if (meanwhile === null) throw error;
    return open(meanwhile);
  });
  return answer(await evidenceOf(deps, trace));
}
