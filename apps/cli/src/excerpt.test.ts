import { wire } from "@sallyport/client/testing";
import { expect, test } from "vitest";
import { CommandLine } from "../test-support/command-line.ts";

test("what an excerpt asks for is the search's filter, outcomes as a list", async () => {
  const user = new CommandLine();
  try {
    const served = await user.serve(() => wire(403, "policy.denied"));
    const line = ["--as", "engineer", "excerpt", "--out", "a.excerpt.jsonl", "--outcome", "deny,error", "--request", "req_1"];
    expect(await user.type(line)).toMatchObject({ exit: 3 });
    expect(served.arrived.filter(({ path }) => path !== "/token").map(({ path, body }) => [path, JSON.parse(body)])).toEqual([
      ["/trpc/crossings.export", { format: "excerpt", filter: { outcome: ["deny", "error"], requestId: "req_1" } }],
    ]);
  } finally {
    await user.close();
  }
});
