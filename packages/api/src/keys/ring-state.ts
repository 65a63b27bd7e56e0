import type { HeldCertificate, ListRingsOutput, RING_STEPS, RingSummary } from "@sallyport/contracts";
import type { z } from "zod";
import type { CertificateState, ReencryptJobState, RewrapJobState, RingState } from "./ring-ports.ts";

type Summary = z.input<typeof RingSummary>;
type Step = (typeof RING_STEPS)[number];
type Blocker = Summary["steps"][number]["blockers"][number];
type Key = RingState["keys"][number];

/** As near to a window's end a token key isn't put in use again (custody-v1.md, section 10). */
const MARGIN_S = 60;
/** A key that waits to be put in use, or out of it, is overdue after a week. */
const WAIT_S = 7 * 86_400;
const iso = (s: number): string => new Date(s * 1000).toISOString();

/** A ring as the contracts show it: how it stands, what can be done with it now, and what is overdue. */
export function ringSummary(ring: RingState, nowMs: number): Summary {
  const nowS = Math.floor(nowMs / 1000);
  const active = ring.keys.find(({ state }) => state === "active");
  return {
    ring: ring.ring,
    at: ring.at,
    keys: ring.keys.map(({ id, state, fromS, untilS, wraps, lacking, holders, tokens = null, vkey = null, fingerprint = null }) => ({
      keyId: id,
      state,
      from: iso(fromS),
      until: untilS === null ? null : iso(untilS),
      dataKeys: wraps,
      lacking: [...(lacking ?? [])],
      holders: [...(holders ?? [])],
      tokens,
      vkey,
      fingerprint,
    })),
    dueAt: active === undefined ? null : iso(active.fromS + ring.windows.ageMaxS),
    due: dueOf(ring, nowS),
    // Passwords of the database are turned by the supervisor alone.
    steps: ring.ring === "database" ? [] : stepsOf(ring, nowS),
  };
}

function dueOf({ keys, windows }: RingState, nowS: number): Summary["due"] {
  return keys.flatMap(({ id, state, fromS, untilS, wraps }): Summary["due"] => {
    if (state === "active") {
      const agedS = fromS + windows.ageMaxS;
      return [
        ...(nowS >= agedS ? [{ kind: "age" as const, keyId: id, since: iso(agedS) }] : []),
        ...(windows.usesMax !== null && wraps !== null && wraps >= windows.usesMax ? [{ kind: "use" as const, keyId: id, since: null }] : []),
      ];
    }
    if (state === "retiring" && untilS !== null && nowS >= untilS + WAIT_S) return [{ kind: "retire", keyId: id, since: iso(untilS + WAIT_S) }];
    if (state === "next" && nowS >= fromS + WAIT_S) return [{ kind: "activate", keyId: id, since: iso(fromS + WAIT_S) }];
    return [];
  });
}

/** The steps that begin where the ring is, each with what it waits for. The custodian proves each by itself. */
function stepsOf({ ring, keys }: RingState, nowS: number): Summary["steps"] {
  const inState = (state: Key["state"]): Key | undefined => keys.find((key) => key.state === state);
  const [next, retiring] = [inState("next"), inState("retiring")];
  const approval = ring === "audit" || ring === "sign" ? APPROVAL : null;
  const steps: { readonly step: Step; readonly blockers: readonly (Blocker | null)[] }[] = [];
  if (next === undefined) steps.push({ step: "add", blockers: [] });
  if (next !== undefined && retiring === undefined) steps.push({ step: "activate", blockers: [earlyOf(nowS, next.fromS), unheldOf(next), approval] });
  if (next !== undefined) steps.push({ step: "drop", blockers: [] });
  if (retiring !== undefined) {
    const untilS = retiring.untilS ?? 0;
    const late: Blocker | null = ring === "token" && nowS + MARGIN_S >= untilS ? { kind: "late", until: null, count: null } : null;
    steps.push({ step: "revert", blockers: [late, unheldOf(retiring), approval] });
    const uses = ring === "kek" ? retiring.wraps : ring === "audit" ? (retiring.holders?.length ?? null) : (retiring.holders?.length ?? 0);
    const inUse: Blocker | null = uses !== 0 ? { kind: "in_use", until: null, count: uses } : null;
    steps.push({ step: "retire", blockers: [earlyOf(nowS, untilS), inUse] });
  }
  if (ring === "kek" && retiring === undefined && inState("retired") !== undefined) steps.push({ step: "reopen", blockers: [] });
  return steps.map(({ step, blockers }) => {
    const standing = blockers.filter((blocker) => blocker !== null);
    return { step, isReady: standing.length === 0, blockers: standing };
  });
}

/** Another person has to approve it. */
const APPROVAL: Blocker = { kind: "approval", until: null, count: null };
const earlyOf = (nowS: number, fromS: number): Blocker | null => (nowS < fromS ? { kind: "early", until: iso(fromS), count: null } : null);
const unheldOf = ({ lacking }: Key): Blocker | null => (lacking?.length === 0 ? null : { kind: "unheld", until: null, count: lacking?.length ?? null });

/** A certificate as the contracts show it, its workload by its path. A service may look every few hours: what isn't renewed when half of its last third is over is late. */
export const certificateSummary = ({ spiffe, serial, issuer, notAfterS, renewalS, isShown }: CertificateState, nowMs: number): z.input<typeof HeldCertificate> => ({
  workload: new URL(spiffe).pathname.slice(1),
  serial,
  issuer,
  notAfter: iso(notAfterS),
  renewal: iso(renewalS),
  isShown,
  isLate: nowMs >= ((renewalS + notAfterS) / 2) * 1000,
});

/** Every ring, what is overdue first; and the re-wraps that aren't over, and the last that is. */
export function ringsSummary(
  rings: readonly RingState[],
  jobs: readonly RewrapJobState[],
  reencryptions: readonly ReencryptJobState[],
  nowMs: number,
): Omit<z.input<typeof ListRingsOutput>, "mayStep" | "certificates"> {
  const summaries = rings.map((ring) => ringSummary(ring, nowMs));
  const rank = ({ due }: Summary): number => (due.length > 0 ? 0 : 1);
  const left = new Map(summaries.flatMap(({ keys }) => keys.map(({ keyId, dataKeys }) => [keyId, dataKeys] as const)));
  return {
    rings: summaries.toSorted((a, b) => rank(a) - rank(b)),
    rewraps: jobs.map(({ from, to, beganAtMs, moved, stuck }) => ({ from, to, beganAt: new Date(beganAtMs).toISOString(), moved, left: left.get(from) ?? null, stuck })),
    reencryptions: reencryptions.map(({ id, study, subject, beganAtMs, endedAtMs, subjects, moved, fields, stuck }) => ({
      jobId: id,
      study,
      isOneSubject: subject !== null,
      beganAt: new Date(beganAtMs).toISOString(),
      endedAt: endedAtMs === null ? null : new Date(endedAtMs).toISOString(),
      subjects,
      moved,
      fields,
      stuck,
    })),
  };
}
