import type { Invocation } from "../command.ts";
import { error, type Finding, ok, warning } from "./finding.ts";
import { knownFindings } from "./known-findings.ts";

const KEYS = { check: "keys", what: "the rings of keys", may: "a key_custodian or a security_admin" };
const REMEDY = "turn the ring at the console, under Keys (docs/runbooks/rotate-keys.md)";
const RENEW = "look at its supervisor, or renew it there: sallyport renew --now (docs/runbooks/services.md)";
const ALTERED = "what is stored was altered: verify the trail, and compare with a backup (docs/runbooks/rotate-keys.md)";

/** What of the api's answer is looked at for what doesn't open. The newest first. */
interface Jobs {
  readonly rewraps: readonly { readonly from: string; readonly stuck: number; readonly left: number | null }[];
  readonly reencryptions: readonly {
    readonly jobId: string;
    readonly study: string;
    readonly isOneSubject: boolean;
    readonly beganAt: string;
    readonly endedAt: string | null;
    readonly stuck: number;
  }[];
}

/** Whether a ring of keys is overdue, and whether something doesn't open that was to be wrapped or sealed anew, where whoever asks may know. */
export async function checkRings(invocation: Invocation): Promise<readonly Finding[]> {
  return await knownFindings(invocation, KEYS, async ({ api }) => {
    const answer = await api.keys.rings.query({});
    const due = answer.rings.flatMap((ring) => ring.due.map(({ kind, keyId, since }) => warning("keys", dueText(kind, keyId, since), REMEDY)));
    const late = answer.certificates
      .filter(({ isLate }) => isLate)
      .map(({ workload, notAfter }) => warning("keys", `the certificate of ${workload} ends ${notAfter}, and wasn't renewed`, RENEW));
    return [...stuckIn(answer), ...late, ...(due.length > 0 ? due : [ok("keys", "no ring of keys is overdue")])];
  });
}

const DUE = { age: "is overdue by its age", use: "is overdue by its use", retire: "waits to be retired", activate: "waits to be put in use" } as const;

const dueText = (kind: keyof typeof DUE, keyId: string, since: string | null): string => `${keyId} ${DUE[kind]}${since === null ? "" : ` since ${since}`}`;

/** Data keys and subjects that didn't open the last time through: of each key that still wraps some, and of each study since the last time that it was gone through whole. */
function stuckIn({ rewraps, reencryptions }: Jobs): readonly Finding[] {
  const keys = rewraps.filter(({ stuck, left }) => stuck > 0 && left !== 0).map(({ from, stuck }) => error("keys", `data keys under ${from} that don't open: ${stuck}`, ALTERED));
  const through = (study: string): string => reencryptions.find((job) => job.study === study && !job.isOneSubject && job.endedAt !== null)?.beganAt ?? "";
  const subjects = reencryptions
    .filter(({ study, stuck, beganAt }) => stuck > 0 && beganAt >= through(study))
    .map(({ jobId, study, stuck }) => error("keys", `subjects of ${study} that don't open, by ${jobId}: ${stuck}`, ALTERED));
  return [...keys, ...subjects];
}
