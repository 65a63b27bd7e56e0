import { describe, expect, test } from "vitest";
import { type DoorReport, noReport, readHealth } from "./door-report.ts";
import { isStatusAnswer, PILLARS, type StatusAnswer } from "./status-answer.ts";
import { StatusDesk } from "./status-desk.ts";
import { clockOf, headlineOf, pillarText, remediesOf } from "./status-text.ts";
import { advance, viewOf } from "./status-view.ts";

const health = {
  status: "ok",
  deployment: "dtest",
  version: "0.1.0",
  pillars: { workload: "ok", principal: "ok", policy: "ok", phi: "ok", trail: "ok" },
  checkpoint: { fingerprint: "sha256:00", vkey: "d.sallyport+00+AA", handovers: [], before: [{ fingerprint: "sha256:ff", until: "2026-10-01T00:00:00.000Z" }], next: null },
  time: "2026-11-22T12:00:00.000Z",
};
const read = (change: object, status = 200) => readHealth(status, JSON.stringify({ ...health, ...change }));

describe("the api's word about itself", () => {
  test("maps to a door that is open, half open or shut", () => {
    expect(read({})).toMatchObject({ state: "open", source: "health", about: { deployment: "dtest", version: "0.1.0", fingerprint: "sha256:00" } });
    expect(read({ status: "degraded", pillars: { ...health.pillars, phi: "down" } })).toMatchObject({ state: "degraded", lamps: { phi: "down", trail: "ok" } });
    expect(read({ status: "unavailable", pillars: { ...health.pillars, trail: "down" } }, 503)).toMatchObject({ state: "closed", lamps: { trail: "down" } });
  });

  test("that contradicts itself is not shown as open", () => {
    expect(read({ pillars: { ...health.pillars, policy: "down" } }).state).toBe("degraded");
  });

  test.each([
    ["an unknown status", { status: "fine" }],
    ["an unknown field", { secret: "x" }],
    ["an unknown pillar", { pillars: { ...health.pillars, extra: "ok" } }],
    ["a missing pillar", { pillars: { workload: "ok" } }],
    ["an unknown lamp", { pillars: { ...health.pillars, phi: "meh" } }],
    ["no fingerprint", { checkpoint: {} }],
  ])("with %s is unreadable as a whole, and degraded", (_, change) => {
    expect(read(change)).toEqual(noReport("unreadable"));
    expect(noReport("unreadable").state).toBe("degraded");
  });

  test("is unreadable when it is no JSON, and a refusal under any other status", () => {
    expect(readHealth(200, "<html>")).toEqual(noReport("unreadable"));
    expect(readHealth(403, JSON.stringify(health))).toEqual(noReport("refused"));
    expect(noReport("refused")).toMatchObject({ state: "closed", lamps: { trail: "unknown" }, about: null });
  });

  test("without a fingerprint, while the custodian is away, has none", () => {
    expect(read({ checkpoint: { fingerprint: "", vkey: "", handovers: [], before: [], next: null } }).about?.fingerprint).toBeNull();
  });
});

describe("the desk", () => {
  const deskOf = (reports: DoorReport[]) => {
    const clock = { ms: Date.UTC(2026, 10, 22, 12) };
    let looks = 0;
    const desk = new StatusDesk(
      () => Promise.resolve(reports[Math.min(looks++, reports.length - 1)] ?? noReport("unreachable")),
      () => clock.ms,
    );
    return { desk, clock, looks: () => looks };
  };

  test("looks once for everybody who asks within a second", async () => {
    const { desk, clock, looks } = deskOf([read({})]);
    await Promise.all(Array.from({ length: 50 }, () => desk.read()));
    clock.ms += 999;
    await desk.read();
    expect(looks()).toBe(1);
    clock.ms += 1;
    await desk.read();
    expect(looks()).toBe(2);
  });

  test("remembers since when each lamp and the door are as they are", async () => {
    const down = read({ status: "degraded", pillars: { ...health.pillars, phi: "down" } });
    const { desk, clock } = deskOf([read({}), down, down]);
    await desk.read();
    clock.ms += 5000;
    await desk.read();
    clock.ms += 5000;
    const answer = await desk.read();
    expect(answer).toMatchObject({ state: "degraded", since: "2026-11-22T12:00:05.000Z", checkedAt: "2026-11-22T12:00:10.000Z" });
    expect(answer.pillars.map((lamp) => [lamp.pillar, lamp.state, lamp.since.slice(17, 19)])).toEqual([
      ["workload", "ok", "00"],
      ["principal", "ok", "00"],
      ["policy", "ok", "00"],
      ["phi", "down", "05"],
      ["trail", "ok", "00"],
    ]);
  });

  test("keeps name, version and key as last heard, and the key of another deployment never", async () => {
    const { desk, clock } = deskOf([
      read({}),
      noReport("unreachable"),
      read({ checkpoint: { fingerprint: "", vkey: "", handovers: [], before: [], next: null } }),
      read({ deployment: "dother", checkpoint: { fingerprint: "", vkey: "", handovers: [], before: [], next: null } }),
    ]);
    const seen: StatusAnswer[] = [];
    for (let turn = 0; turn < 4; turn++) {
      seen.push(await desk.read());
      clock.ms += 2000;
    }
    expect(seen.map(({ state, deployment, fingerprint, before }) => [state, deployment, fingerprint, before.length])).toEqual([
      ["open", "dtest", "sha256:00", 1],
      ["closed", "dtest", "sha256:00", 1],
      ["open", "dtest", "sha256:00", 1],
      ["open", "dother", null, 0],
    ]);
    expect(seen.every(isStatusAnswer)).toBe(true);
  });
});

describe("the page's view", () => {
  const answer = {
    state: "open",
    source: "health",
    since: "2026-11-22T12:00:00.000Z",
    checkedAt: "2026-11-22T12:00:00.000Z",
    deployment: "d",
    version: "0",
    fingerprint: null,
    before: [],
    next: null,
    pillars: PILLARS.map((pillar) => ({ pillar, state: "ok", since: "2026-11-22T12:00:00.000Z" })),
  } as const satisfies StatusAnswer;
  const failed = (at: string) => ({ kind: "failed", at }) as const;

  test("is loading, then live, then stale since the first failure, then live again", () => {
    const live = advance(viewOf(null), { kind: "answered", answer });
    expect(live).toEqual({ phase: "live", answer });
    const stale = advance(advance(live, failed("t1")), failed("t2"));
    expect(stale).toEqual({ phase: "stale", answer, since: "t1" });
    expect(advance(stale, { kind: "answered", answer })).toEqual({ phase: "live", answer });
  });

  test("is unreachable when the first word never comes", () => {
    expect(advance(advance(viewOf(null), failed("t1")), failed("t2"))).toEqual({ phase: "unreachable", since: "t1" });
    expect(viewOf(answer)).toEqual({ phase: "live", answer });
  });

  test("says what to do exactly when something is wrong", () => {
    expect(remediesOf(viewOf(answer))).toEqual([]);
    const down = {
      ...answer,
      state: "degraded",
      pillars: answer.pillars.map((lamp) => (lamp.pillar === "phi" ? { ...lamp, state: "down" as const } : lamp)),
    } satisfies StatusAnswer;
    expect(remediesOf(viewOf(down))).toEqual([{ about: "PHI", remedy: pillarText.phi.remedy }]);
    expect(remediesOf(advance(viewOf(down), failed("t1")))).toHaveLength(2);
    for (const source of ["unreachable", "refused", "untrusted", "unreadable"] as const) expect(remediesOf(viewOf({ ...answer, source, state: "closed" }))).toHaveLength(1);
  });

  test("has a headline of its own for each thing that can be the matter", () => {
    const views = [
      viewOf(null),
      viewOf(answer),
      advance(viewOf(null), failed("t")),
      ...(["unreachable", "refused", "untrusted", "unreadable"] as const).map((source) => viewOf({ ...answer, source })),
      viewOf({ ...answer, state: "closed" }),
      viewOf({ ...answer, state: "degraded" }),
    ];
    expect(new Set(views.map((view) => headlineOf(view).detail)).size).toBe(views.length);
  });

  test("calls what is stale the last known", () => {
    expect(headlineOf(advance(viewOf(answer), failed("t1"))).title).toBe("Last known: the door is open");
  });

  test("shows the day only when it isn't today's", () => {
    expect(clockOf("2026-11-22T12:00:05.123Z")).toBe("12:00:05 UTC");
    expect(clockOf("2026-11-21T12:00:05.123Z", "2026-11-22T00:00:00.000Z")).toBe("2026-11-21 12:00:05 UTC");
  });

  test("takes nothing for an answer that isn't one", () => {
    for (const bad of [
      null,
      [],
      {},
      { ...answer, state: "ajar" },
      { ...answer, pillars: answer.pillars.slice(1) },
      { ...answer, pillars: [...answer.pillars].reverse() },
      { ...answer, checkedAt: 1 },
    ])
      expect(isStatusAnswer(bad)).toBe(false);
    expect(isStatusAnswer(answer)).toBe(true);
  });
});
