import { SallyportError } from "@sallyport/errors";
import type { Method, Person } from "@sallyport/people";
import type { Asking, PeopleDeps } from "./people-deps.ts";
import { personRecord } from "./person-record.ts";

/** Throws `founding.unfinished` until both founders have enrolled. */
export async function assertFounded<Tx>({ credentials }: Pick<PeopleDeps<Tx>, "credentials">): Promise<void> {
  if ((await credentials.founding()).foundersLeft > 0) throw new SallyportError("founding.unfinished");
}

/** Refuses to sign somebody in, in the same words whoever it is and whatever was wrong: a known person's refusal is a record, others' are counted. */
export function refuseSignIn<Tx>(
  { knocks, later }: Pick<PeopleDeps<Tx>, "knocks" | "later">,
  { person, method, isLocked }: { readonly person: Person | null; readonly method: Method; readonly isLocked: boolean },
  { peer, requestId }: Asking,
): never {
  if (person === null) knocks.count("signin", "signin.failed");
  else {
    const why = isLocked ? "locked" : person.status === "active" ? "proof" : person.status;
    const record = { principal: person.principal, workload: peer.spiffe, action: "signin", resource: `person/${person.id}`, requestId, policy: "-" } as const;
    later.add(personRecord({ ...record, decision: "deny", reason: "signin.failed", detail: { method, why } }));
  }
  throw new SallyportError("signin.failed");
}
