import type { SallyportError } from "@sallyport/errors";
import type { Action } from "@sallyport/policy";
import { raiseBeside } from "../alerts/raise-beside.ts";
import type { BoundaryDeps } from "../ports.ts";
import type { Trace } from "./trace.ts";

/** The acts by which somebody would give themselves a right, or be their own second person. */
const TELLING: ReadonlySet<Action> = new Set<Action>(["assignment.change", "role.change", "approval.decide"]);
const HOUR_MS = 3_600_000;

/**
 * Raises an alert where one of these acts was refused because it takes another person: once an hour for each account and act, so that who goes on trying
 * floods nobody. The refusal is on record and stands, whether or not anybody can be told.
 */
export async function tellOfSeparation<Tx>(
  deps: Pick<BoundaryDeps<Tx>, "alerts" | "log" | "now">,
  { caller, action }: Pick<Trace, "caller" | "action">,
  request: string,
  failure: SallyportError,
): Promise<void> {
  if (failure.code !== "policy.separation" || !TELLING.has(action)) return;
  const { id: principal, person } = caller.principal;
  const atMs = deps.now();
  await raiseBeside(deps, {
    key: `separation.refused:${principal}:${action}:${Math.floor(atMs / HOUR_MS)}`,
    kind: "separation.refused",
    chain: "system",
    about: `person/${person}`,
    facts: { act: action, request, principal },
    atMs,
  });
}
