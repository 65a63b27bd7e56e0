import { createAppRouter, walkRouter } from "@sallyport/api";
import { newId } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { faultTest } from "@sallyport/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { demographics, STUDY } from "./dataset.ts";
import { type Ports, principalsAs } from "./lax-ports.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, OTHER_STUDY, type Who } from "./stack.ts";

let at: Deployment;
let api: Api;
let procedures: readonly string[] = [];
let packet704 = "";
let subject704 = "";
beforeAll(async () => {
  at = await deployment();
  api = await at.serve({
    ports: (real) => {
      procedures = walkRouter(createAppRouter(real)).map(({ path }) => path);
      return real;
    },
  });
  await at.seed(api);
  packet704 = (dataOf(await api.call("ingest", "packets.upload", { study: STUDY, content: demographics([{ site: "704", subject: "1109" }]) })) as { packetId: string }).packetId;
  const [subject] = await at.owner.run<{ id: string }>`SELECT id FROM phi.subjects WHERE site = '704' LIMIT 1`;
  subject704 = subject?.id ?? "";
});
afterAll(async () => {
  await api?.close();
  await at?.close();
});

interface Probe {
  readonly who: Who;
  readonly foreign: object;
  readonly absent: object;
}

const REASON = "because it is asked for";
const PURPOSE = { field: "DM.SUBJID", purpose: "monitoring", reason: REASON } as const;

/** For each procedure that takes a name of something: someone of site 701, a name of what is at 704, and a name of nothing. */
const probes = (): Readonly<Record<string, readonly Probe[]>> => {
  const chains = (name: (chain: string) => object): Probe[] => [
    { who: "auditor701", foreign: name(`site:${STUDY}/704`), absent: name(`site:${STUDY}/799`) },
    { who: "auditor701", foreign: name(`site:${OTHER_STUDY}/901`), absent: name("site:NOSUCH/901") },
    { who: "auditor701", foreign: name("system"), absent: name(`site:${STUDY}/799`) },
  ];
  const packets = (more: object): Probe[] => [{ who: "steward701", foreign: { packetId: packet704, ...more }, absent: { packetId: newId("pkt"), ...more } }];
  const subjects = (more: object): Probe[] => [{ who: "reviewer701", foreign: { subjectId: subject704, ...more }, absent: { subjectId: newId("sub"), ...more } }];
  const upload = (site: string): object => ({ study: STUDY, content: demographics([{ site, subject: "1109" }]) });
  return {
    "packets.upload": [
      { who: "ingest701", foreign: upload("704"), absent: upload("799") },
      { who: "ingest701", foreign: { ...upload("901"), study: OTHER_STUDY }, absent: { ...upload("901"), study: "NOSUCH" } },
    ],
    "packets.list": [{ who: "steward701", foreign: { study: OTHER_STUDY }, absent: { study: "NOSUCH" } }],
    "packets.get": packets({}),
    "packets.release": packets({ reason: REASON }),
    "packets.reject": packets({ reason: REASON }),
    "subjects.list": [
      { who: "reviewer701", foreign: { site: "704" }, absent: { site: "799" } },
      { who: "reviewer701", foreign: { study: OTHER_STUDY }, absent: { study: "NOSUCH" } },
    ],
    "subjects.get": subjects({}),
    "subjects.reveal": subjects(PURPOSE),
    "trail.openExport": chains((chain) => ({ chain })),
    "trail.readExport": chains((chain) => ({ chain, generation: 1, from: 1 })),
    "trail.verify": chains((chain) => ({ chains: [chain] })),
    // These take no name; what they list is looked at below.
    "studies.list": [],
    "trail.chains": [],
    "workloads.list": [],
    "access.mine": [],
  };
};

const withoutRequestId = (text: string): string => text.replace(/req_[0-9a-z]{26}/, "req");

test("every procedure of the router is probed", () => {
  expect(Object.keys(probes()).toSorted()).toEqual(procedures.toSorted());
});

const tellsApart: Ports = (real) => {
  const found = <T>(value: T | null): T => {
    if (value === null) throw new SallyportError("input.not_found");
    return value;
  };
  return {
    ...real,
    packets: { ...real.packets, placeOf: async (id) => found(await real.packets.placeOf(id)) },
    subjects: { ...real.subjects, siteOf: async (id) => found(await real.subjects.siteOf(id)) },
  };
};

faultTest("R3", "what is at another site and what isn't there are answered with the same bytes, by every procedure", async (defence) => {
  await using asked = await at.serve(defence === "off" ? { ports: tellsApart } : {});
  for (const [procedure, each] of Object.entries(probes())) {
    for (const { who, foreign, absent } of each) {
      const [one, other] = [await asked.call(who, procedure, foreign), await asked.call(who, procedure, absent)];
      expect([procedure, one.status, codeOf(one)]).toEqual([procedure, 403, "policy.denied"]);
      expect([other.status, withoutRequestId(other.text)]).toEqual([one.status, withoutRequestId(one.text)]);
    }
  }
});

const siteRuleIgnored = principalsAs((principal) => ({ ...principal, assignments: principal.assignments.map((each) => ({ ...each, site: "*" })) }));

faultTest("R4", "lists, counts and totals speak of the caller's own site alone", async (defence) => {
  await using asked = await at.serve(defence === "off" ? { ports: siteRuleIgnored } : {});
  const ask = async (who: Who, procedure: string): Promise<unknown> => dataOf(await asked.call(who, procedure, {}));
  expect(await ask("reviewer701", "subjects.list")).toMatchObject({ total: 3, bySite: [{ study: STUDY, site: "701", count: 3 }] });
  expect(await ask("steward701", "packets.list")).toMatchObject({ total: 0, items: [] });
  expect(await ask("auditor701", "trail.chains")).toMatchObject({ chains: [{ chain: `site:${STUDY}/701` }] });
  for (const [who, procedure] of [
    ["reviewer701", "subjects.list"],
    ["reviewer701", "studies.list"],
    ["auditor701", "trail.chains"],
    ["steward701", "packets.list"],
    ["reviewer701", "access.mine"],
  ] as const) {
    expect(JSON.stringify(await ask(who, procedure))).not.toMatch(/704|901|OTHER/);
  }
  expect(codeOf(await asked.call("admin701", "workloads.list", {}))).toBe("policy.denied");
});

test("[R4] a cursor of another caller, of another list, of another filter, or with one character changed is refused", async () => {
  const { next } = dataOf(await api.call("reviewer", "subjects.list", { limit: 2 })) as { next: string };
  expect(dataOf(await api.call("reviewer", "subjects.list", { limit: 2, cursor: next }))).toMatchObject({ total: 5 });
  const changed = next.slice(0, -1) + (next.endsWith("0") ? "1" : "0");
  for (const [who, procedure, input] of [
    ["reviewer701", "subjects.list", { cursor: next }],
    ["reviewer", "subjects.list", { cursor: next, site: "701" }],
    ["reviewer", "subjects.list", { cursor: changed }],
    ["steward", "packets.list", { cursor: next }],
  ] as const) {
    const reply = await api.call(who, procedure, input);
    expect([reply.status, codeOf(reply)]).toEqual([400, "input.cursor"]);
  }
});

test("a failure names the place in the input and nothing of what stands at another site", async () => {
  const reply = await api.call("ingest701", "packets.upload", {
    study: STUDY,
    content: demographics([
      { site: "701", subject: "1015" },
      { site: "704", subject: "1009" },
    ]),
  });
  expect([reply.status, codeOf(reply)]).toEqual([403, "policy.denied"]);
  expect(reply.text).not.toMatch(/70[14]|1015|1009/);
});
