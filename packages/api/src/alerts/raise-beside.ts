import { codeOf } from "@sallyport/errors";
import type { RaisedAlert } from "@sallyport/policy";
import type { BoundaryDeps } from "../ports.ts";

/** Raises an alert beside an answer that stands by itself: where it can't be raised, the log says so, and who asked still gets their answer. */
export async function raiseBeside<Tx>({ alerts, log }: Pick<BoundaryDeps<Tx>, "alerts" | "log">, alert: RaisedAlert): Promise<void> {
  try {
    await alerts.raise(null, alert);
  } catch (error) {
    log.event("alert.unraised", { kind: alert.kind, about: alert.about, code: codeOf(error) });
  }
}
