import { expect, test } from "vitest";
import type { RingState } from "./ring-ports.ts";
import { rehearsed } from "./ring-rehearsal.ts";
import { ringsSummary, ringSummary } from "./ring-state.ts";

const NOW_S = 1_800_000_000;
const DAY_S = 86_400;
type Key = RingState["keys"][number];
const key = (id: string, state: Key["state"], over: Partial<Key> = {}): Key => ({
  id,
  state,
  fromS: NOW_S - DAY_S,
  untilS: null,
  wraps: null,
  lacking: [],
  holders: null,
  ...over,
});
const ring = (name: RingState["ring"], keys: readonly Key[], windows: RingState["windows"] = { ageMaxS: 90 * DAY_S, usesMax: 100 }): RingState => ({
  ring: name,
  at: 3,
  windows,
  keys,
});
const steps = (state: RingState): string[] =>
  ringSummary(state, NOW_S * 1000).steps.map(({ step, isReady, blockers }) =>
    isReady ? step : `${step}: ${blockers.map(({ kind, count }) => `${kind} ${count ?? "-"}`).join(", ")}`,
  );

test("a ring tells which steps begin where it is, and what each waits for", () => {
  expect(steps(ring("token", [key("token-1", "active")]))).toEqual(["add"]);
  expect(steps(ring("token", [key("token-1", "active"), key("token-2", "next")]))).toEqual(["activate", "drop"]);
  expect(steps(ring("token", [key("token-1", "active"), key("token-2", "next", { fromS: NOW_S + 1, lacking: ["a", "b"] })]))).toEqual(["activate: early -, unheld 2", "drop"]);
  expect(steps(ring("token", [key("token-1", "active"), key("token-2", "next", { lacking: null })]))).toEqual(["activate: unheld -", "drop"]);
  expect(steps(ring("token", [key("token-1", "retiring", { untilS: NOW_S + 61 }), key("token-2", "active")]))).toEqual(["add", "revert", "retire: early -"]);
  expect(steps(ring("token", [key("token-1", "retiring", { untilS: NOW_S + 60 }), key("token-2", "active"), key("token-3", "next")]))).toEqual([
    "drop",
    "revert: late -",
    "retire: early -",
  ]);
  expect(steps(ring("kek", [key("kek-1", "retiring", { untilS: NOW_S, wraps: 7 }), key("kek-2", "active", { wraps: 1 })]))).toEqual(["add", "revert", "retire: in_use 7"]);
  expect(steps(ring("kek", [key("kek-1", "retiring", { untilS: NOW_S, wraps: null }), key("kek-2", "active")]))).toEqual(["add", "revert", "retire: in_use -"]);
  expect(steps(ring("kek", [key("kek-1", "retiring", { untilS: NOW_S, wraps: 0 }), key("kek-2", "active")]))).toEqual(["add", "revert", "retire"]);
  expect(steps(ring("kek", [key("kek-1", "retired"), key("kek-2", "active")]))).toEqual(["add", "reopen"]);
  expect(steps(ring("audit", [key("audit-1", "active")]))).toEqual(["add"]);
  expect(steps(ring("audit", [key("audit-1", "active"), key("audit-2", "next")]))).toEqual(["activate: approval -", "drop"]);
  const going = (holders: readonly string[] | null): RingState =>
    ring("audit", [key("audit-1", "retiring", { untilS: NOW_S, wraps: 9, holders }), key("audit-2", "active", { wraps: 3 })]);
  expect([going([]), going(["system"]), going(null)].map((each) => steps(each)[2])).toEqual(["retire", "retire: in_use 1", "retire: in_use -"]);
  expect(steps(going([]))[1]).toBe("revert: approval -");
  expect(steps(ring("sign", [key("sign-1", "active")]))).toEqual(["add"]);
  expect(steps(ring("sign", [key("sign-1", "active"), key("sign-2", "next", { lacking: ["a"] })]))).toEqual(["activate: unheld 1, approval -", "drop"]);
  expect(steps(ring("sign", [key("sign-1", "retiring", { untilS: NOW_S + 1 }), key("sign-2", "active")]))).toEqual(["add", "revert: approval -", "retire: early -"]);
});

test("the database's passwords are overdue by their age, and nobody here is offered a step of them; the rehearsal says who turns them", () => {
  const passwords = ring("database", [
    key("database-1", "retiring", { untilS: NOW_S + 60, holders: ["sallyport-api"] }),
    key("database-2", "active", { fromS: NOW_S - 90 * DAY_S }),
  ]);
  const summary = ringSummary(passwords, NOW_S * 1000);
  expect([summary.steps, summary.keys[0]?.holders]).toEqual([[], ["sallyport-api"]]);
  expect(summary.due.map(({ kind, keyId }) => `${keyId} ${kind}`)).toEqual(["database-2 age"]);
  expect(
    rehearsed(summary, null)
      .map(({ text }) => text)
      .join(" "),
  ).toContain("sallyport passwords rotate");
});

test("what is overdue by age, by use, or because a step is waited for, comes first", () => {
  const aged = ring("token", [key("token-1", "active", { fromS: NOW_S - 90 * DAY_S })]);
  const used = ring("kek", [key("kek-1", "active", { wraps: 100 })]);
  const fresh = ring("token", [key("token-1", "active", { fromS: NOW_S - 90 * DAY_S + 1 })]);
  const listed = ringsSummary([fresh, used], [], [], NOW_S * 1000).rings;
  expect(listed.map((each) => [each.ring, each.due.map(({ kind }) => kind)])).toEqual([
    ["kek", ["use"]],
    ["token", []],
  ]);
  expect(ringSummary(aged, NOW_S * 1000).due).toEqual([{ kind: "age", keyId: "token-1", since: new Date(NOW_S * 1000).toISOString() }]);
  expect(ringSummary(aged, NOW_S * 1000).dueAt).toBe(new Date(NOW_S * 1000).toISOString());
  const waiting = ring("kek", [key("kek-1", "retiring", { untilS: NOW_S - 7 * DAY_S, wraps: 0 }), key("kek-2", "active"), key("kek-3", "next", { fromS: NOW_S - 7 * DAY_S })]);
  expect(ringSummary(waiting, NOW_S * 1000).due.map(({ kind, keyId }) => `${kind} ${keyId}`)).toEqual(["retire kek-1", "activate kek-3"]);
});

test("a rehearsal names what a step that isn't proven would break, and nothing where all is proven", () => {
  const lines = (state: RingState): string[] => rehearsed(ringSummary(state, NOW_S * 1000), null).map(({ about, text }) => `${about}: ${text}`);
  const broken = lines(ring("token", [key("token-1", "active"), key("token-2", "next", { lacking: ["a"] })]));
  expect(broken).toContain("step: Put the next key in use: 1 node did not show yet that they hold it.");
  expect(broken).toContain("breaks: Done now, 1 node would refuse tokens of that key.");
  expect(lines(ring("kek", [key("kek-1", "retiring", { untilS: NOW_S, wraps: 7 }), key("kek-2", "active")]))).toContain("breaks: Done now, 7 data keys could not be opened.");
  expect(lines(ring("kek", [key("kek-1", "retiring", { untilS: NOW_S + 9, wraps: 0 }), key("kek-2", "active")]))).toContain(
    "breaks: Done now, a data key that was made before and is being stored could not be opened.",
  );
  expect(lines(ring("kek", [key("kek-1", "active")])).filter((line) => line.startsWith("breaks"))).toEqual(["breaks: Nothing, by what is known now."]);
  expect(lines(ring("token", [key("token-1", "active", { fromS: NOW_S - 90 * DAY_S })])).find((line) => line.startsWith("overdue"))).toMatch(
    /^overdue: token-1 is overdue by its age/,
  );
  const signing = (over: Partial<Key>): string =>
    lines(ring("sign", [key("sign-1", "active"), key("sign-2", "next", { vkey: "d.sallyport+01+AB", fingerprint: "sha256:01", ...over })])).join("\n");
  expect(signing({})).toContain("Give it to each first, beside the one that it has: d.sallyport+01+AB. Tell those who compare fingerprints of sha256:01.");
  expect(signing({ lacking: ["a"] })).toContain("breaks: Done now, 1 node would refuse what is signed with that key.");
  expect(lines(ring("sign", [key("sign-1", "retiring", { untilS: NOW_S + 1 }), key("sign-2", "active")]))).toContain(
    "breaks: Done now, an export, an excerpt or a packet that names it could not be ended.",
  );
  const audit = ring("audit", [key("audit-1", "retiring", { untilS: NOW_S, holders: ["system"] }), key("audit-2", "active")]);
  expect(lines(audit)).toContain("breaks: Done now, 1 chain could take no more records.");
});

test("a rehearsal begins with what stands on each key that isn't destroyed, and says where that isn't known", () => {
  const stands = (state: RingState, fields: ReadonlyMap<string, number> | null = null): string[] =>
    rehearsed(ringSummary(state, NOW_S * 1000), fields)
      .filter(({ about }) => about === "stands")
      .map(({ text }) => text);
  const keks = ring("kek", [key("kek-1", "destroyed"), key("kek-2", "retiring", { untilS: NOW_S, wraps: 7 }), key("kek-3", "active", { wraps: 1 })]);
  expect(stands(keks, new Map([["kek-2", 90]]))).toEqual(["kek-2 (retiring): 7 data keys, with 90 fields.", "kek-3 (active): 1 data key, with 0 fields."]);
  expect(stands(ring("kek", [key("kek-1", "active")]))).toEqual(["kek-1 (active): data keys could not be counted, fields could not be counted."]);
  expect(stands(ring("token", [key("token-1", "retiring", { tokens: 1 }), key("token-2", "active", { tokens: 20 })]))).toEqual([
    "token-1 (retiring): 1 token still good.",
    "token-2 (active): 20 tokens still good.",
  ]);
  expect(stands(ring("token", [key("token-1", "active", { tokens: null })]))[0]).toContain("known a quarter of an hour after");
  expect(stands(ring("ca", [key("ca-1", "retired", { holders: ["service/a"] }), key("ca-2", "active", { holders: ["service/b", "service/c"] }), key("ca-3", "next")]))).toEqual([
    "ca-1 (retired): trusted still by 1 workload: service/a.",
    "ca-2 (active): certificates of 2 workloads: service/b, service/c.",
    "ca-3 (next): no certificate yet.",
  ]);
  expect(stands(ring("audit", [key("audit-1", "retiring", { wraps: 3, holders: ["system"] }), key("audit-2", "active", { wraps: 1 })]))).toEqual([
    "audit-1 (retiring): 3 generations verified by it, 1 chain to go on with another.",
    "audit-2 (active): 1 generation verified by it.",
  ]);
});

test("an authority waits for workloads, by name, and tells who would be refused", () => {
  const waiting = ring("ca", [key("ca-1", "active"), key("ca-2", "next", { lacking: ["service/b", "zone/application/api"] })], { ageMaxS: 1e9, usesMax: null });
  expect(steps(waiting)).toEqual(["activate: unheld 2", "drop"]);
  const held = ring("ca", [key("ca-1", "retiring", { untilS: NOW_S, holders: ["service/b"] }), key("ca-2", "active", { holders: [] })], { ageMaxS: 1e9, usesMax: null });
  expect(steps(held)).toEqual(["add", "revert", "retire: in_use 1"]);
  const text = (state: RingState): string[] => rehearsed(ringSummary(state, NOW_S * 1000), null).map(({ about, text: said }) => `${about}: ${said}`);
  expect(text(waiting)).toContain("breaks: Done now, 2 workloads would refuse certificates of that authority: service/b, zone/application/api.");
  expect(text(held)).toContain("breaks: Done now, 1 workload would be refused: service/b.");
  const behind = ring("ca", [key("ca-1", "retired", { holders: ["service/b"] }), key("ca-2", "active")], { ageMaxS: 1e9, usesMax: null });
  expect(text(behind)).toContain("overdue: ca-1 is retired, and is trusted still, until they renew, by 1 workload: service/b.");
});

test("what is left of a re-wrap is what its key still wraps, and unknown where that couldn't be counted", () => {
  const job = { from: "kek-1", to: "kek-2", beganAtMs: NOW_S * 1000, moved: 5, stuck: 0 };
  const left = (wraps: number | null): unknown => ringsSummary([ring("kek", [key("kek-1", "retiring", { untilS: NOW_S, wraps })])], [job], [], NOW_S * 1000).rewraps[0]?.left;
  expect([left(7), left(0), left(null)]).toEqual([7, 0, null]);
});
