import { initTRPC } from "@trpc/server";
import { strict } from "@sallyport/contracts";
import { expect, test } from "vitest";
import { z } from "zod";
import { type ApiDeps, createAppRouter, walkRouter } from "../dist/index.js";
import { Answer, Ask, inMemory, type Pending, SITE } from "./ports.ts";

const locate = () => Promise.resolve({ place: { kind: "one" as const, site: SITE }, found: null });

/** The whole router; nothing of it is called, so the stores need not be there. */
async function appRouter() {
  const { deps } = await inMemory();
  return createAppRouter(deps as unknown as ApiDeps<Pending>);
}

test("every procedure of the router is made by the boundary, with strict input and output at every depth", async () => {
  const walked = walkRouter(await appRouter());
  expect(walked.length).toBeGreaterThanOrEqual(15);
  expect(walked.filter(({ faults }) => faults.length > 0)).toEqual([]);
});

test("every procedure names an action that the policy knows", async () => {
  const walked = walkRouter(await appRouter());
  expect(walked.map(({ declared }) => declared?.rule.action)).not.toContain(undefined);
});

test("the walk finds a procedure that was made around the boundary", () => {
  const trpc = initTRPC.create();
  const [found] = walkRouter(trpc.router({ planted: trpc.procedure.query(() => "open") }) as never);
  expect(found?.faults).toEqual(["made outside the boundary"]);
});

test("the walk finds a schema that lets an unnamed key through, however deep", async () => {
  const { boundary } = await inMemory();
  const deep = strict({ items: z.array(z.object({ id: z.string() })) });
  const anything = strict({ value: z.unknown() });
  const router = boundary.router({
    deep: boundary.read({ action: "subject.read", resource: "subject", input: Ask, output: deep, locate }, () => Promise.resolve({ items: [] })),
    anything: boundary.read({ action: "subject.read", resource: "subject", input: anything, output: Answer, locate }, () => Promise.resolve({ value: "" })),
  });
  expect(walkRouter(router as never).map(({ faults }) => faults)).toEqual([["output.items[] isn't strict"], ["input.value takes anything"]]);
});
