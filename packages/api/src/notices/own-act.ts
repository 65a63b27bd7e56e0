import { chainOf } from "@sallyport/audit";
import { newId } from "@sallyport/crypto";
import type { AlertKind, RaisedAlert } from "@sallyport/policy";
import type { StepUpProof } from "../people/ports.ts";
import type { ApiDeps } from "../ports.ts";

/** Something that was done in a person's name upon a proof of theirs. */
export interface OwnAct {
  readonly kind: Extract<AlertKind, "approval.decided" | "signature.made" | "proof.used">;
  readonly person: string;
  /** What was done, in words. */
  readonly act: string;
  /** What it was done to: an id, never a name. */
  readonly about: string;
  /** By what; `none` where it takes no proof. */
  readonly method: StepUpProof["kind"] | "server-attested" | "none";
  readonly request: string;
  /** Whose records speak of it; the deployment's where it is of no site. */
  readonly site?: { readonly study: string; readonly site: string | null } | null;
  readonly facts?: RaisedAlert["facts"];
}

/** How much of a digest is told: enough to compare by eye, too little to look something up by. */
export const DIGEST_SHOWN = 16;

/**
 * Tells a person, past the console, what was done in their name (DESIGN §2): the console may have shown them something else. Raised with the act, in words that are
 * made here of what was stored; that it can't be delivered never undoes it.
 */
export async function tellOwnAct<Tx>(
  deps: Pick<ApiDeps<Tx>, "alerts" | "now">,
  tx: Tx,
  { kind, person, act, about, method, request, site = null, facts = {} }: OwnAct,
): Promise<void> {
  await deps.alerts.raise(tx, {
    // Its own, whatever a caller named its request: nobody has a notice left out by using a name again.
    key: `${kind}:${newId("ntc")}`,
    kind,
    chain: site === null ? "system" : chainOf(site),
    about,
    facts: { person, act, method: method === "password" ? "server-attested" : method, request, ...facts },
    atMs: deps.now(),
    people: [person],
  });
}
