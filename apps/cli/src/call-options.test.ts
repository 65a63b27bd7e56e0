import { ok } from "@sallyport/client/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CommandLine } from "../test-support/command-line.ts";

const KEY = "as-the-plan-of-march-says";
const approval = { approvalId: "apr_1", expiresAt: "2026-01-02T00:00:00.000Z" };

let user: CommandLine;
beforeEach(() => {
  user = new CommandLine();
});
afterEach(() => user.close());

test.each([
  [["subject", "shred", "sub_1"], "approvals.requestShred", { approval }],
  [["subject", "retain", "S1", "--until", "2030-01-01"], "approvals.requestRetention", { approval }],
  [["keys", "reencrypt", "S1"], "keys.reencrypt", { jobId: "job_1", subjects: 2 }],
] as const)("%j is repeated by the key that was given", async (line, procedure, answer) => {
  const served = await user.serve(() => ok(answer));
  expect((await user.type(["--as", "engineer", ...line, "--reason", "as the plan says", "--idempotency-key", KEY])).exit).toBe(0);
  expect(served.arrived.filter(({ path }) => path !== "/token")).toEqual([expect.objectContaining({ path: `/trpc/${procedure}`, key: KEY })]);
});
