import { type Connection, SallyportClientError } from "@sallyport/client";
import type { Invocation } from "../command.ts";
import { asProfile } from "../profile.ts";
import { type Finding, warning } from "./finding.ts";

/** What is looked at, and whose profile may know of it. */
interface Known {
  readonly check: string;
  readonly what: string;
  readonly may: string;
}

/** What a profile finds of what it may know of. Where nobody looked – none is named, or the api refuses or is away – that is a finding, with what is needed. */
export async function knownFindings(invocation: Invocation, known: Known, look: (connection: Connection) => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  const unseen = (why: string, remedy: string): readonly Finding[] => [warning(known.check, `${known.what} were not looked at: ${why}`, remedy)];
  if (invocation.profile === undefined) return unseen("no profile is named", `sallyport --as PROFILE doctor, with the profile of ${known.may}`);
  try {
    return await asProfile(invocation, look);
  } catch (failure) {
    if (!(failure instanceof SallyportClientError)) throw failure;
    if (failure.code === "policy.denied") return unseen(`${invocation.profile} may not [${failure.code}]`, `ask by --as with the profile of ${known.may}`);
    return unseen(`${failure.message} [${failure.code}]`, failure.remedy);
  }
}
