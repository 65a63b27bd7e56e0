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

test.each([
  ["action", "names no action that the policy knows"],
  ["resource", "names no resource that the policy knows"],
  ["locate", "doesn't say where it happens"],
] as const)("the walk finds a rule without %s", async (missing, fault) => {
  const { boundary } = await inMemory();
  const rule = { action: "subject.read", resource: "subject", input: Ask, output: Answer, locate } as const;
  const router = boundary.router({ planted: boundary.read({ ...rule, [missing]: undefined } as unknown as typeof rule, () => Promise.resolve({ value: "" })) });
  expect(walkRouter(router as never).map(({ faults }) => faults)).toEqual([[fault]]);
});

test.each([
  ["tuple", z.tuple([z.object({ id: z.string() })])],
  ["lazy", z.lazy(() => z.object({ id: z.string() }))],
  ["intersection", z.intersection(strict({}), z.object({ id: z.string() }))],
  ["pipe", z.object({ id: z.string() }).pipe(strict({ id: z.string() }))],
  ["readonly", z.object({ id: z.string() }).readonly()],
  ["catch", z.object({ id: z.string() }).catch({ id: "" })],
  ["map", z.map(z.string(), z.object({}))],
  ["set", z.set(z.object({}))],
  ["custom", z.custom()],
  ["instanceof", z.instanceof(Buffer)],
] as const)("the walk doesn't trust what it can't look into: %s", async (_, inside) => {
  const { boundary } = await inMemory();
  const router = boundary.router({
    planted: boundary.read({ action: "subject.read", resource: "subject", input: Ask, output: strict({ inside }), locate }, () => Promise.resolve({ inside: {} as never })),
  });
  expect(walkRouter(router as never).map(({ faults }) => faults)).toEqual([["output.inside is of a kind that isn't looked into"]]);
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
