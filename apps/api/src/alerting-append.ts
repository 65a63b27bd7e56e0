import type { Trail } from "@sallyport/api";
import type { RecordDraft } from "@sallyport/audit";
import type { AlertKind, Alerts, RaisedAlert } from "@sallyport/policy";

const HOUR_MS = 3_600_000;
const KEY_MAX = 255;

/** Records that aren't written by a crossing, and that somebody has to be told of. */
const TOLD: Readonly<Record<string, AlertKind>> = {
  lockout: "method.locked",
  "workload.revoked": "workload.revoked",
  "policy.signed": "policy.signed",
  "keys.escrowed": "keys.escrowed",
  "anchor.refused": "anchor.refused",
};

/**
 * Appends a record and, where it is one that somebody has to be told of, raises the alert in the same transaction. A lock that falls again and again is told once
 * an hour for each way of signing in: whoever guesses must not be able to fill a mailbox, and a lock that any stranger can have fall hides none of another.
 */
export const alertingAppend =
  <Tx>(trail: Trail<Tx>, alerts: Pick<Alerts<Tx>, "raise">, now: () => number) =>
  async (draft: RecordDraft): Promise<unknown> => {
    const alert = alertOf(draft, now());
    if (alert === null) return trail.append(draft);
    return trail.inTransaction(async (tx, appendLast) => {
      await alerts.raise(tx, alert);
      await appendLast([draft]);
    });
  };

function alertOf({ action, chain, resource, request_id, detail }: RecordDraft, nowMs: number): RaisedAlert | null {
  const kind = Object.hasOwn(TOLD, action) ? TOLD[action] : undefined;
  if (kind === undefined) return null;
  const told = { kind, chain, about: resource.slice(0, KEY_MAX), atMs: nowMs };
  if (kind !== "method.locked") return { ...told, key: `${kind}:${request_id}:${resource}`.slice(0, KEY_MAX), facts: { request: request_id } };
  const method = /(?:^|;)method=([a-z]+)/.exec(detail)?.[1] ?? "-";
  return { ...told, key: `${kind}:${method}:${Math.floor(nowMs / HOUR_MS)}:${resource}`.slice(0, KEY_MAX), facts: { method, request: request_id } };
}
