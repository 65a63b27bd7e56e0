import type { Invocation } from "../command.ts";
import { type Finding, ok, warning } from "./finding.ts";
import { knownFindings } from "./known-findings.ts";

const SPOOL = { check: "spool", what: "the requests that were kept for later", may: "whoever may replay them: a security_admin" };
const REMEDY = "see docs/runbooks/spool.md";
/** The replay begins ten seconds after everything is well. */
const WAITS_LONG_MS = 600_000;
const LATELY_MS = 86_400_000;

/** What was kept for later and doesn't end, was refused lately, or can't be kept, where whoever asks may know. */
export async function checkSpool(invocation: Invocation, nowMs: number): Promise<readonly Finding[]> {
  return await knownFindings(invocation, SPOOL, async ({ api }) => {
    const { node, items } = await api.spool.list.query({ limit: 500 });
    const stuck = items.filter(({ state, takenAt }) => state === "waiting" && nowMs - Date.parse(takenAt) > WAITS_LONG_MS);
    const refused = items.filter(({ state, settledAt }) => state === "refused" && settledAt !== null && nowMs - Date.parse(settledAt) < LATELY_MS);
    const findings = [
      ...(["closed", "full", "broken"].includes(node.state)
        ? [warning("spool", `the spool of the node that answered is ${node.state}: nothing more is kept for later`, REMEDY)]
        : []),
      ...(stuck.length > 0 ? [warning("spool", `${stuck.length} requests that were kept for later wait, the oldest since ${oldest(stuck)}`, REMEDY)] : []),
      ...(refused.length > 0 ? [warning("spool", `${refused.length} requests that were kept for later were refused within the last day`, REMEDY)] : []),
    ];
    return findings.length > 0 ? findings : [ok("spool", "nothing that was kept for later is stuck")];
  });
}

const oldest = (rows: readonly { readonly takenAt: string }[]): string => rows.map(({ takenAt }) => takenAt).toSorted()[0] ?? "";
