import { expect, test } from "vitest";
import { compilePolicy } from "./compile.ts";
import { decide } from "./decide.ts";
import { firstEnd, type Lock, lockedTokens, underLocks, withClosed } from "./locks.ts";
import type { Action, LivePrincipal, Place, ResourceType } from "./model.ts";
import { starterPolicy } from "./starter.ts";
import { TokenScope } from "./token-scope.ts";

const NOW = 1000;
const policy = compilePolicy(starterPolicy);
const principal = (over: Partial<LivePrincipal> = {}): LivePrincipal => ({
  id: "prn_a",
  kind: "person",
  person: "per_a",
  status: "active",
  workload: null,
  tokensFromS: 0,
  assignments: ["clinical_reviewer", "auditor"].map((role) => ({ role, study: "*", site: "*", fromMs: 0, untilMs: null })),
  ...over,
});
const lock = (kind: Lock["kind"], target: string, untilMs: number | null = null): Lock => ({ kind, target, untilMs });
const may = (locks: readonly Lock[], action: Action, resource: ResourceType, place: Place, who = principal()): string => {
  const [stopped = who] = underLocks([who], locks, NOW);
  const decision = decide(policy, { principal: stopped, scope: new TokenScope([action]), action, resource, place, nowMs: NOW });
  return decision.effect === "allow" ? decision.sites.map(({ study, site }) => `${study}/${site}`).join(" ") || "allow" : decision.reason;
};
const S1 = { study: "S", site: "1" };
const S2 = { study: "S", site: "2" };
const one = (site: typeof S1): Place => ({ kind: "one", site });

test("a person under a lock does nothing, with any of their accounts, and nobody else is touched", () => {
  const locks = [lock("person", "per_a")];
  expect(may(locks, "subject.read", "subject", one(S1))).toBe("principal_suspended");
  expect(may(locks, "subject.read", "subject", one(S1), principal({ id: "prn_b" }))).toBe("principal_suspended");
  expect(may(locks, "subject.read", "subject", one(S1), principal({ person: "per_b" }))).toBe("S/1");
});

test("a service under a lock on its workload does nothing, and a person isn't found by a workload", () => {
  const service = principal({ kind: "service", person: "svc_a", workload: "spiffe://d/service/a" });
  expect(may([lock("workload", "spiffe://d/service/a")], "subject.read", "subject", one(S1), service)).toBe("principal_suspended");
  expect(may([lock("workload", "spiffe://d/service/b")], "subject.read", "subject", one(S1), service)).toBe("S/1");
  expect(may([lock("workload", "spiffe://d/service/a")], "subject.read", "subject", one(S1))).toBe("S/1");
});

test("a role under a lock is held by nobody, and other roles go on", () => {
  const locks = [lock("role", "clinical_reviewer")];
  expect(may(locks, "subject.read", "subject", one(S1))).toBe("no_rule");
  expect(may(locks, "trail.read", "trail", one(S1))).toBe("S/1");
});

test("at a site under a lock nobody does anything but read what is on record, and lists leave it out", () => {
  const locks = [lock("site", "S/1")];
  expect(may(locks, "subject.read", "subject", one(S1))).toBe("locked");
  expect(may(locks, "subject.read", "subject", { kind: "each", sites: [S2, S1] })).toBe("locked");
  expect(may(locks, "subject.read", "subject", { kind: "any", sites: [S1, S2] })).toBe("S/2");
  expect(may(locks, "subject.read", "subject", { kind: "any", sites: [S1] })).toBe("other_site");
  expect(may(locks, "subject.read", "subject", one(S2))).toBe("S/2");
  expect([may(locks, "trail.verify", "trail", one(S1)), may(locks, "access.read", "access", one(S1))]).toEqual(["S/1", "S/1"]);
});

test("a lock holds until its end, and is over at it", () => {
  for (const [untilMs, expected] of [
    [NOW + 1, "principal_suspended"],
    [NOW, "S/1"],
    [Number.NaN, "principal_suspended"],
  ] as const)
    expect(may([lock("person", "per_a", untilMs)], "subject.read", "subject", one(S1))).toBe(expected);
  expect(firstEnd([lock("person", "a", NOW), lock("person", "b", NOW + 9), lock("role", "c", NOW + 5), lock("site", "d")], NOW)).toBe(NOW + 5);
  expect(firstEnd([lock("person", "a", NOW), lock("site", "d")], NOW)).toBeNull();
  expect(lockedTokens([lock("token", "one"), lock("token", "two", NOW), lock("person", "three")], NOW)).toEqual(["one"]);
});

test("at a closed site nothing new comes in, and everything else goes on", () => {
  const [closed = principal()] = withClosed(
    [principal({ assignments: ["ingestion_service", "clinical_reviewer", "data_steward"].map((role) => ({ role, study: "*", site: "*", fromMs: 0, untilMs: null })) })],
    ["S/1"],
  );
  expect(may([], "packet.upload", "packet", one(S1), closed)).toBe("closed");
  expect(may([], "packet.upload", "packet", { kind: "each", sites: [S2, S1] }, closed)).toBe("closed");
  expect(may([], "packet.release", "packet", one(S1), closed)).toBe("closed");
  expect(may([], "packet.upload", "packet", { kind: "any", sites: [S1, S2] }, closed)).toBe("S/2");
  expect([may([], "subject.read", "subject", one(S1), closed), may([], "packet.reject", "packet", one(S1), closed)]).toEqual(["S/1", "S/1"]);
});
