import { expect, test } from "vitest";
import { carriesPeople, processId, serviceId, terminalId } from "./zones.ts";

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
