import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { afterVote, type ApprovalStanding, assertMayVote, stateAt } from "./approval.ts";

const PEOPLE = ["per_requester", "per_concerned", "per_a", "per_b", "per_c", "per_d"];
const OPEN_MS = 1000;
const USABLE_MS = 400;

type Act =
  | { readonly kind: "vote"; readonly person: string; readonly verdict: "approve" | "reject" }
  | { readonly kind: "withdraw"; readonly person: string }
  | { readonly kind: "use"; readonly person: string }
  | { readonly kind: "wait"; readonly ms: number };

const person = fc.constantFrom(...PEOPLE);
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("vote" as const), person, verdict: fc.constantFrom("approve" as const, "approve" as const, "approve" as const, "reject" as const) }),
  },
  fc.record({ kind: fc.constant("withdraw" as const), person }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("use" as const), person }) },
  fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: OPEN_MS }) }),
);

const start = (needed: number): ApprovalStanding => ({
  state: "requested",
  needed,
  requestedByPerson: "per_requester",
  concerns: "per_concerned",
  expiresAtMs: OPEN_MS,
  usableUntilMs: null,
  votes: [],
});

/** What the procedures do with the machine: an act that throws changes nothing. */
function play(standing: ApprovalStanding, acts: readonly Act[]): { readonly standing: ApprovalStanding; readonly approvedAtMs: number | null; readonly usedAtMs: number | null } {
  let now = 0;
  let current = standing;
  let approvedAtMs: number | null = null;
  let usedAtMs: number | null = null;
  for (const each of acts) {
    if (each.kind === "wait") now += each.ms;
    else if (each.kind === "withdraw") {
      if (each.person === current.requestedByPerson && stateAt(current, now) === "requested") current = { ...current, state: "withdrawn" };
    } else if (each.kind === "use") {
      if (each.person === current.requestedByPerson && stateAt(current, now) === "approved") {
        current = { ...current, state: "done" };
        usedAtMs = now;
      }
    } else {
      try {
        assertMayVote(current, each.person, now);
      } catch {
        continue;
      }
      const state = afterVote(current, each);
      current = { ...current, state, usableUntilMs: state === "approved" ? now + USABLE_MS : null, votes: [...current.votes, { person: each.person, verdict: each.verdict }] };
      if (state === "approved") approvedAtMs = now;
    }
  }
  return { standing: current, approvedAtMs, usedAtMs };
}

describe("a request for approval", () => {
  test("never comes to be approved or done without as many distinct others as it needs, in time and without a rejection", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.array(act, { maxLength: 24 }), (needed, acts) => {
        const { standing, approvedAtMs, usedAtMs } = play(start(needed), acts);
        const voters = standing.votes.map((vote) => vote.person);
        expect(new Set(voters).size).toBe(voters.length);
        expect(voters).not.toContain("per_requester");
        expect(voters).not.toContain("per_concerned");
        if (standing.state !== "approved" && standing.state !== "done") return;
        expect(standing.votes.every(({ verdict }) => verdict === "approve")).toBe(true);
        expect(voters.length).toBe(needed);
        expect(approvedAtMs).toBeLessThan(OPEN_MS);
        if (usedAtMs !== null) expect(usedAtMs - (approvedAtMs ?? 0)).toBeLessThan(USABLE_MS);
      }),
      { numRuns: 2000 },
    );
  });

  test("comes to be approved by as many others as it needs", () => {
    for (const needed of [1, 2, 3]) {
      const acts = ["per_a", "per_b", "per_c"].slice(0, needed).map((each) => ({ kind: "vote" as const, person: each, verdict: "approve" as const }));
      expect(play(start(needed), acts).standing.state).toBe("approved");
      expect(play(start(needed), acts.slice(1)).standing.state).toBe("requested");
    }
  });

  test("needs one approval at least, whatever a row says", () => {
    expect(play(start(0), []).standing.state).toBe("requested");
    expect(play(start(-1), [{ kind: "vote", person: "per_a", verdict: "reject" }]).standing.state).toBe("rejected");
  });

  test("refuses parties and repeated voters in one way, and what is over in another", () => {
    const standing = { ...start(2), votes: [{ person: "per_a", verdict: "approve" as const }] };
    for (const excluded of ["per_requester", "per_concerned", "per_a"])
      expect(() => assertMayVote(standing, excluded, 0)).toThrow(expect.objectContaining({ code: "policy.separation" }));
    expect(() => assertMayVote(standing, "per_b", OPEN_MS)).toThrow(expect.objectContaining({ code: "approval.state" }));
    for (const state of ["approved", "rejected", "withdrawn", "done"] as const) {
      expect(() => assertMayVote({ ...standing, state }, "per_b", 0)).toThrow(expect.objectContaining({ code: "approval.state" }));
    }
  });
});
