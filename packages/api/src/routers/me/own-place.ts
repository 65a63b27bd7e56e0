import { SallyportError } from "@sallyport/errors";
import type { Session } from "@sallyport/people";
import type { Located } from "../../boundary/decide-crossing.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateSites } from "../site-place.ts";

/** What is one's own is wherever one has a role. */
export const locateOwn = <Tx>(deps: Pick<ApiDeps<Tx>, "studies">): Promise<Located<null>> => locateSites(deps, {});

/** The session of whoever asks. A service has no person behind it, and nothing here is its. */
export function ownSession(session: Session | null): Session {
  if (session === null) throw new SallyportError("policy.denied");
  return session;
}
