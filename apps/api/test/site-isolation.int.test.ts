import { createAppRouter, walkRouter } from "@sallyport/api";
import { SallyportError } from "@sallyport/errors";
import { faultTest } from "@sallyport/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { demographics, STUDY } from "./dataset.ts";
import { type Ports, principalsAs } from "./lax-ports.ts";
import { plantForeign, probesOf } from "./probes.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, type Who } from "./stack.ts";

let at: Deployment;
let api: Api;
let procedures: readonly string[] = [];
let probes: ReturnType<typeof probesOf> = {};
beforeAll(async () => {
  at = await deployment();
  api = await at.serve({
    ports: (real) => {
      procedures = walkRouter(createAppRouter(real)).map(({ path }) => path);
      return real;
    },
  });
  await at.seed(api);
  probes = probesOf(await plantForeign(at, api));
});
afterAll(async () => {
  await api?.close();
  await at?.close();
});

const withoutRequestId = (text: string): string => text.replace(/req_[0-9a-z]{26}/, "req");

test("every procedure of the router is probed", () => {
  expect(Object.keys(probes).toSorted()).toEqual(procedures.toSorted());
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
  for (const [procedure, each] of Object.entries(probes)) {
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
  expect(reply.text).not.toMatch(/(?<![0-9a-z])(?:70[14]|1015|1009)(?![0-9a-z])/);
});
