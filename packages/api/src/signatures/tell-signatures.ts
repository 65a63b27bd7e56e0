import { chainOf } from "@sallyport/audit";
import { codeOf } from "@sallyport/errors";
import type { DocumentRow } from "@sallyport/phi";
import type { Grant } from "@sallyport/policy";
import { raiseBeside } from "../alerts/raise-beside.ts";
import type { StepUpProof } from "../people/ports.ts";
import type { ApiDeps } from "../ports.ts";
import type { signatureSummary } from "./signature-summary.ts";

const HOUR_MS = 3_600_000;

/** What somebody shows as their proof, and over what. */
interface Proving {
  readonly grant: Grant;
  readonly method: StepUpProof["kind"];
  /** What it would be good for: a meaning, or an act in words. */
  readonly act: string;
  readonly document: Pick<DocumentRow, "id" | "study" | "site">;
}

/**
 * Has a proof over a signature evaluated, and security and its person told at once where it is wrong: once an hour for each person and method, since whoever guesses
 * must not be able to fill a mailbox; five failures lock the method, and that is told by itself (THREATS S1).
 */
export async function tellingRefusal<Tx, T>(
  deps: Pick<ApiDeps<Tx>, "alerts" | "log" | "now">,
  { grant: { person, requestId }, method, act, document }: Proving,
  prove: () => Promise<T>,
): Promise<T> {
  try {
    return await prove();
  } catch (error) {
    if (codeOf(error) !== "stepup.failed") throw error;
    const atMs = deps.now();
    await raiseBeside(deps, {
      key: `signature.refused:${person}:${method}:${Math.floor(atMs / HOUR_MS)}`,
      kind: "signature.refused",
      chain: chainOf(document),
      about: `document/${document.id}`,
      facts: { person, act, method: method === "password" ? "server-attested" : method, request: requestId },
      atMs,
      people: [person],
    });
    throw error;
  }
}

type Judged = Pick<ReturnType<typeof signatureSummary>, "signatureId" | "version" | "state" | "why">;

/** Has security told of each signature that doesn't verify, once for what doesn't hold of it; and writes it into the log (THREATS S6). */
export async function tellBroken<Tx>(
  deps: Pick<ApiDeps<Tx>, "alerts" | "log" | "now">,
  { id, study, site }: Pick<DocumentRow, "id" | "study" | "site">,
  judged: readonly Judged[],
): Promise<readonly Judged[]> {
  const broken = judged.filter(({ state }) => state === "broken");
  for (const { signatureId, version, why } of broken) {
    const facts = { document: id, version, why: why ?? "-" };
    deps.log.event("signature.broken", { signature: signatureId, why: facts.why });
    const key = `signature.broken:${signatureId}:${facts.why.replaceAll(" ", "_")}`;
    await raiseBeside(deps, { key, kind: "signature.broken", chain: chainOf({ study, site }), about: `signature/${signatureId}`, facts, atMs: deps.now() });
  }
  return broken;
}
