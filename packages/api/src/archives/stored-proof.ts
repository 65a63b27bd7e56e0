import { SallyportError } from "@sallyport/errors";
import type { ApiDeps } from "../ports.ts";
import { archivesWithin } from "./standing.ts";

/**
 * The proof of a record that was looked up in a chain, and that was made at this time or later.
 *
 * @throws SallyportError where none was found: `trail.archived` where it was taken out with its generation; otherwise `service.busy`, since what was
 *   just committed is found a moment later.
 */
export async function storedProof<Tx>(
  deps: Pick<ApiDeps<Tx>, "archive" | "ended">,
  record: Parameters<ApiDeps<Tx>["archive"]["proveStored"]>[0] | undefined,
  { chain, fromMs }: { readonly chain: string; readonly fromMs: number },
): Promise<string> {
  if (record !== undefined) return (await deps.archive.proveStored(record)).proof;
  throw new SallyportError(archivesWithin(deps, { chains: [chain] }, { fromMs }).length > 0 ? "trail.archived" : "service.busy");
}
