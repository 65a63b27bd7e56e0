import { expect, test } from "vitest";
import { carriesPeople, mayReach, processId, serviceId, terminalId, type WorkloadName } from "./zones.ts";

test("people sign in at the console and at terminals, and at no other workload", () => {
  expect(carriesPeople(processId("d1.sallyport", "console"))).toBe("console");
  expect(carriesPeople(terminalId("d1.sallyport"))).toBe("terminal");
  for (const other of [
    processId("d1.sallyport", "api"),
    processId("d1.sallyport", "custodian"),
    serviceId("d1.sallyport", "ingest"),
    serviceId("d1.sallyport", "terminal2"),
    "",
    "terminal",
  ]) {
    expect(carriesPeople(other)).toBeNull();
  }
  expect(carriesPeople("spiffe://d1.sallyport/service/terminal/x")).toBeNull();
  expect(carriesPeople("spiffe://d1.sallyport/x/zone/edge/console")).toBeNull();
});

test("each process is reached by those whom the table names, and by nobody else", () => {
  const callers = ["console", "api", "custodian", "postgres", "egress"] as const satisfies readonly WorkloadName[];
  const reached = (to: WorkloadName): readonly string[] => [
    ...(mayReach(serviceId("d1.sallyport", "ingest"), to) ? ["service"] : []),
    ...callers.filter((from) => mayReach(processId("d1.sallyport", from), to)),
  ];
  expect(Object.fromEntries(callers.map((to) => [to, reached(to)]))).toEqual({
    console: ["service"],
    api: ["service", "console", "egress"],
    custodian: ["api"],
    postgres: ["api", "custodian"],
    egress: [],
  });
});

test("what isn't spelled as a workload of ours reaches nothing", () => {
  for (const spiffe of [
    "",
    "spiffe://d1.sallyport/",
    "spiffe://d1.sallyport/zone/data/api",
    "spiffe://d1.sallyport/x/zone/application/api",
    "spiffe://d1.sallyport/service/a/b",
    "api",
  ]) {
    expect([spiffe, mayReach(spiffe, "custodian"), mayReach(spiffe, "api")]).toEqual([spiffe, false, false]);
  }
});
