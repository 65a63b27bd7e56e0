import type { Invocation } from "../command.ts";
import { type Finding, ok, warning } from "./finding.ts";
import { knownFindings } from "./known-findings.ts";

const REMEDY = "turn the ring at the console, under Keys (docs/runbooks/rotate-keys.md)";

/** Whether a ring of keys is overdue, where whoever asks may know. */
export async function checkRings(invocation: Invocation): Promise<readonly Finding[]> {
  return await knownFindings(invocation, async ({ api }) => {
    const { rings } = await api.keys.rings.query({});
    const due = rings.flatMap((ring) => ring.due.map(({ kind, keyId, since }) => warning("keys", dueText(kind, keyId, since), REMEDY)));
    return due.length > 0 ? due : [ok("keys", "no ring of keys is overdue")];
  });
}

const DUE = { age: "is overdue by its age", use: "is overdue by its use", retire: "waits to be retired", activate: "waits to be put in use" } as const;

const dueText = (kind: keyof typeof DUE, keyId: string, since: string | null): string => `${keyId} ${DUE[kind]}${since === null ? "" : ` since ${since}`}`;
