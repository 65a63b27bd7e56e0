import { SallyportClientError } from "@sallyport/client";
import type { Invocation } from "../command.ts";
import { asProfile } from "../profile.ts";
import { type Finding, ok, warning } from "./finding.ts";

const REMEDY = "turn the ring at the console, under Keys (docs/runbooks/rotate-keys.md)";

/** Whether a ring of keys is overdue, where whoever asks may know. Whether the api answers at all is told by its own check. */
export async function checkRings(invocation: Invocation): Promise<readonly Finding[]> {
  if (invocation.profile === undefined) return [];
  try {
    const { rings } = await asProfile(invocation, async ({ api }) => await api.keys.rings.query({}));
    const due = rings.flatMap((ring) => ring.due.map(({ kind, keyId, since }) => warning("keys", dueText(kind, keyId, since), REMEDY)));
    return due.length > 0 ? due : [ok("keys", "no ring of keys is overdue")];
  } catch (failure) {
    if (failure instanceof SallyportClientError) return [];
    throw failure;
  }
}

const DUE = { age: "is overdue by its age", use: "is overdue by its use", retire: "waits to be retired", activate: "waits to be put in use" } as const;

const dueText = (kind: keyof typeof DUE, keyId: string, since: string | null): string => `${keyId} ${DUE[kind]}${since === null ? "" : ` since ${since}`}`;
