import { type Connection, SallyportClientError } from "@sallyport/client";
import type { Invocation } from "../command.ts";
import { asProfile } from "../profile.ts";
import type { Finding } from "./finding.ts";

/** What a profile finds of what it may know of. Nothing where none is named, or where the api refuses or is away, which its own check tells. */
export async function knownFindings(invocation: Invocation, look: (connection: Connection) => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  if (invocation.profile === undefined) return [];
  try {
    return await asProfile(invocation, look);
  } catch (failure) {
    if (failure instanceof SallyportClientError) return [];
    throw failure;
  }
}
