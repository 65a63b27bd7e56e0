import { ZERO_MAC } from "@sallyport/audit";
import { codeOf, SallyportError } from "@sallyport/errors";
import { type Defence, faultTest } from "@sallyport/testkit";
import { expect } from "vitest";
import { draftOf } from "../test/memory-trail.ts";
import { enrol, type Running, start } from "../test/running.ts";

/** A custodian whose store another one takes when `take` is called; with the defence off it doesn't ask. */
async function fenceable(defence: Defence): Promise<Running & { readonly take: () => void }> {
  let isTaken = false;
  const lock = {
    assertHeld() {
      if (isTaken && defence === "on") throw new SallyportError("custodian.fenced");
    },
    release: () => undefined,
  };
  return { ...(await start({}, { lock: () => lock })), take: () => (isTaken = true) };
}

/** What of the answers to an act of each kind was heard. */
async function heard({ client }: Running, { spiffe, x5t }: { readonly spiffe: string; readonly x5t: string }): Promise<readonly string[]> {
  const context = { purpose: "subject", id: "sub_1", study: "S", site: "701" } as const;
  const acts: readonly (readonly [string, () => Promise<unknown>])[] = [
    ["seal", () => client.seal([{ head: { chain: "system", generation: 1, seq: 0, mac: ZERO_MAC }, drafts: [draftOf("system", 1)] }], 2000)],
    ["mint", () => client.mint({ sub: "svc_reviewer", scope: "subject.list", azp: spiffe, x5t }, 2000)],
    ["wrap", () => client.wrap([context], 2000)],
    ["sign", () => client.sign({ kind: "checkpoint", chains: ["system"] }, 2000)],
    ["rotate", () => client.rotate({ kind: "rings" }, 2000)],
    ["status", () => client.status({}, 2000)],
    ["approve", () => client.approve({ kind: "founding", secret: "s".repeat(43) }, 2000)],
  ];
  const answers = await Promise.all(
    acts.map(async ([name, act]) =>
      (await act().then(
        () => true,
        () => false,
      ))
        ? name
        : "",
    ),
  );
  return answers.filter((name) => name !== "");
}

faultTest("A5", "a custodian that another one has taken over from has no verb any more, whichever is asked", async (defence) => {
  const running = await fenceable(defence);
  const enrolled = await enrol(running, "/service/reviewer");
  expect((await heard(running, enrolled)).length).toBe(7);
  running.take();
  expect(await heard(running, enrolled)).toEqual([]);
});

faultTest("A5", "what a custodian has in hand when another one takes over doesn't leave", async (defence) => {
  const running = await fenceable(defence);
  const heads = running.trail.heads.bind(running.trail);
  // The other one takes over while this one reads the trail for its signature.
  running.trail.heads = () => {
    running.take();
    return heads();
  };
  expect(await running.client.sign({ kind: "checkpoint", chains: ["system"] }, 2000).then(() => "signed", codeOf)).not.toBe("signed");
});
