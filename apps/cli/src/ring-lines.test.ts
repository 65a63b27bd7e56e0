import { expect, test } from "vitest";
import { reencryptLine, rewrapLine, ringLines } from "./ring-lines.ts";

const FROM = "2026-01-01T00:00:00.000Z";
const UNTIL = "2026-01-01T01:00:00.000Z";
const key = (keyId: string, state: string, until: string | null = null, dataKeys: number | null = null) => ({
  keyId,
  state,
  from: FROM,
  until,
  dataKeys,
  tokens: null as number | null,
  lacking: [] as readonly string[],
  holders: [] as readonly string[],
  vkey: null as string | null,
  fingerprint: null as string | null,
});

test("a ring is told with what is overdue, its keys, and what each step waits for", () => {
  expect(
    ringLines({
      ring: "kek",
      dueAt: UNTIL,
      keys: [key("kek-1", "destroyed"), key("kek-2", "retiring", UNTIL, 7), key("kek-3", "active", null, 5)],
      due: [{ kind: "age", keyId: "kek-3", since: UNTIL }],
      steps: [
        { step: "add", isReady: true, blockers: [] },
        {
          step: "retire",
          isReady: false,
          blockers: [
            { kind: "early", until: UNTIL, count: null },
            { kind: "in_use", until: null, count: 7 },
          ],
        },
      ],
    }),
  ).toEqual([
    "kek  overdue: kek-3 by age",
    `  kek-2  retiring  from ${FROM}, accepted until ${UNTIL}  wraps 7 data keys`,
    `  kek-3  active  from ${FROM}  wraps 5 data keys`,
    `  steps: add (retire: early until ${UNTIL}, in_use 7)`,
  ]);
  const signing = [
    { ...key("sign-1", "active"), vkey: "d.sallyport+00+AA", fingerprint: "sha256:00" },
    { ...key("sign-2", "next"), vkey: "d.sallyport+01+AB", fingerprint: "sha256:01" },
  ];
  expect(ringLines({ ring: "sign", dueAt: UNTIL, keys: signing, due: [], steps: [] })).toEqual([
    `sign  due ${UNTIL}`,
    `  sign-1  active  from ${FROM}`,
    "    sha256:00",
    `  sign-2  next  from ${FROM}`,
    "    sha256:01",
    "    verifier key, for witnesses before it is used: d.sallyport+01+AB",
  ]);
  const minting = { ...key("token-1", "active"), tokens: 5 };
  expect(ringLines({ ring: "token", dueAt: null, keys: [minting], due: [], steps: [] }).slice(1)).toEqual([`  token-1  active  from ${FROM}  5 tokens still good`]);
  const old = { ...key("audit-1", "retiring", UNTIL), dataKeys: 3, holders: ["site:S/701"] };
  expect(ringLines({ ring: "audit", dueAt: null, keys: [old], due: [], steps: [] }).slice(1)).toEqual([
    `  audit-1  retiring  from ${FROM}, accepted until ${UNTIL}  verifies 3 generations`,
    "    chains that go on with it: site:S/701",
  ]);
});

test("of an authority it is told who is waited for, by name", () => {
  const lines = ringLines({
    ring: "ca",
    dueAt: null,
    keys: [
      { ...key("ca-1", "retired"), holders: ["service/late"] },
      { ...key("ca-2", "retiring", UNTIL), holders: ["service/a", "service/b"] },
      { ...key("ca-3", "active"), holders: ["service/d"] },
      { ...key("ca-4", "next"), lacking: ["service/c"] },
    ],
    due: [],
    steps: [],
  });
  expect(lines.filter((line) => line.startsWith("    "))).toEqual([
    "    trusted still, until they renew: service/late",
    "    certificates still of it: service/a, service/b",
    "    certificates of it: service/d",
    "    not trusted yet by: service/c",
  ]);
});

test("a re-wrap is told with what is left, and what does not open", () => {
  expect(rewrapLine({ from: "kek-1", to: "kek-2", moved: 5, left: 7, stuck: 0 })).toBe("re-wrap kek-1 to kek-2: 5 done, 7 left");
  expect(rewrapLine({ from: "kek-1", to: "kek-2", moved: 5, left: null, stuck: 2 })).toBe("re-wrap kek-1 to kek-2: 5 done, unknown how many left, 2 do not open");
});

test("a re-encryption is told with what is done, and whether it is over", () => {
  const job = { study: "S", isOneSubject: false, endedAt: null, subjects: 9, moved: 5, fields: 70, stuck: 0 };
  expect(reencryptLine(job)).toBe("re-encryption of S: 5 of 9 subjects, 70 fields, under way");
  expect(reencryptLine({ ...job, isOneSubject: true, endedAt: UNTIL, stuck: 1 })).toBe(
    `re-encryption of a subject of S: 5 of 9 subjects, 70 fields, 1 do not open, ended ${UNTIL}`,
  );
});
