import type { ParsedLine } from "@sallyport/audit";

/** The version of the schema that events are written in (https://schema.ocsf.io/1.6.0). */
const OCSF = "1.6.0";
/** API Activity, in the category Application Activity. */
const CLASS = 6003;
const CATEGORY = 6;

const ACTIVITY = { create: 1, read: 2, update: 3, delete: 4, other: 99 } as const;
/** What each verb of an action is to the schema; a verb that isn't here is "other", under its own name. */
const ACTIVITY_OF: Readonly<Record<string, keyof typeof ACTIVITY>> = {
  upload: "create",
  register: "create",
  enrol: "create",
  invite: "create",
  open: "create",
  submit: "create",
  write: "create",
  read: "read",
  list: "read",
  inspect: "read",
  verify: "read",
  export: "read",
  change: "update",
  release: "update",
  transfer: "update",
  withdraw: "update",
  rotate: "update",
  sign: "update",
  set: "update",
  suspend: "update",
  reinstate: "update",
  revoke: "delete",
  reject: "delete",
  offboard: "delete",
  end: "delete",
  lift: "delete",
};

const SEVERITY = { informational: 1, low: 2, high: 4 } as const;
const STATUS = { success: 1, failure: 2 } as const;

/** What is told loudly: somebody got past what their roles give them. */
const isLoud = (action: string): boolean => action.startsWith("emergency.");

/**
 * A record as an event of the Open Cybersecurity Schema Framework: API Activity (class 6003). `metadata.uid` names the record, so a reader knows one that
 * comes twice; what the schema has no place for is `unmapped`, under the record's own names. Nothing is left out, and nothing is in it that the
 * record doesn't hold.
 */
export function ocsfEvent({ record, mac }: ParsedLine): Readonly<Record<string, unknown>> {
  const { chain, generation, seq, timestamp_utc, principal, role, workload, action, resource, site, decision, reason, request_id, policy, detail, deployment, prev_mac, v } =
    record;
  const verb = action.slice(action.lastIndexOf(".") + 1);
  const activity = ACTIVITY[ACTIVITY_OF[verb] ?? "other"];
  const isRefused = decision === "deny" || decision === "error";
  return {
    class_uid: CLASS,
    class_name: "API Activity",
    category_uid: CATEGORY,
    category_name: "Application Activity",
    activity_id: activity,
    activity_name: verb,
    type_uid: CLASS * 100 + activity,
    time: Date.parse(timestamp_utc),
    severity_id: isLoud(action) ? SEVERITY.high : isRefused ? SEVERITY.low : SEVERITY.informational,
    status_id: isRefused ? STATUS.failure : STATUS.success,
    status: isRefused ? "Failure" : "Success",
    status_code: decision,
    status_detail: reason,
    metadata: {
      version: OCSF,
      product: { name: "Sallyport", vendor_name: "Sallyport" },
      uid: `${deployment}/${chain}/${generation}/${seq}`,
      log_name: chain,
      sequence: seq,
      event_code: action,
      original_time: timestamp_utc,
      tenant_uid: deployment,
    },
    actor: { user: { uid: principal, groups: [{ name: role }] }, app_uid: workload },
    api: { operation: action, request: { uid: request_id }, service: { name: "sallyport" } },
    src_endpoint: { uid: workload },
    resources: [{ uid: resource }],
    unmapped: { v, site, policy, detail, generation, prev_mac, mac },
  };
}
