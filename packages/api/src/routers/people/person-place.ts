import { SallyportError } from "@sallyport/errors";
import type { Person } from "@sallyport/people";
import type { Located } from "../../boundary/decide-crossing.ts";
import type { Trace } from "../../boundary/trace.ts";
import type { ApiDeps } from "../../ports.ts";

/** A person belongs to the whole deployment. Whoever isn't there is found out after the decision, so that nobody learns it without the right. */
export async function locatePerson<Tx>(deps: Pick<ApiDeps<Tx>, "people">, personId: string, trace: Trace): Promise<Located<Person | null>> {
  trace.about(`person/${personId}`);
  return { place: { kind: "deployment" }, found: await deps.people.people.byId(personId) };
}

/** The person, or `policy.denied`, as for one who may not be touched. */
export function present(person: Person | null): Person {
  if (person === null) throw new SallyportError("policy.denied");
  return person;
}
