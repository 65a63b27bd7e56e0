import { ok, wire } from "@sallyport/client/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CommandLine } from "../test-support/command-line.ts";

const ALERT = "alr_00000000000000000000000000";
let user: CommandLine;
beforeEach(() => {
  user = new CommandLine();
});
afterEach(async () => {
  await user.close();
});

/** An api whose test alert stands so. */
const serve = (state: "waiting" | "delivered" | "given_up", failure: string | null) =>
  user.serve(({ path }) =>
    path.startsWith("/trpc/alerts.test")
      ? ok({ alertId: ALERT, routes: ["duty"] })
      : ok({
          routes: [{ name: "duty", kind: "webhook", triedAt: null, failure }],
          alerts: [
            {
              alertId: ALERT,
              kind: "alert.test",
              chain: "system",
              about: "alert-test/x",
              at: "2026-01-01T00:00:00.000Z",
              deliveries: [{ route: "duty", state, attempts: 1, triedAt: null, failure }],
            },
          ],
        }),
  );

test("a test alert that everybody has ends in 0", async () => {
  await serve("delivered", null);
  const { exit, out } = await user.type(["--as", "engineer", "alerts", "test"]);
  expect([exit, out]).toEqual([0, `alert ${ALERT}\n  duty: has it\n`]);
});

test.each(["waiting", "given_up"] as const)("one that somebody refused (%s) ends in 1, with the code", async (state) => {
  await serve(state, "alert.refused");
  const { exit, out } = await user.type(["--as", "engineer", "alerts", "test", "--json"]);
  expect(exit).toBe(1);
  expect(JSON.parse(out)).toMatchObject({ alertId: ALERT, told: false, deliveries: [{ route: "duty", failure: "alert.refused" }] });
});

test("where nobody is set up it says so", async () => {
  await user.serve(() => wire(409, "alert.nobody"));
  const { exit, err } = await user.type(["--as", "engineer", "alerts", "test"]);
  expect(exit).toBe(1);
  expect(err).toContain("alert.nobody");
});

test("another verb is none", async () => {
  expect((await user.type(["--as", "engineer", "alerts", "silence"])).exit).toBe(2);
});
