import { SallyportError } from "@sallyport/errors";
import { type Action, type ResourceType, starterPolicy } from "@sallyport/policy";
import { callTRPCProcedure } from "@trpc/server";
import { expect, test } from "vitest";
import { failureOf } from "../dist/index.js";
import { Answer, Ask, context, inMemory, type Pending, reviewer, SITE } from "./ports.ts";

type World = Awaited<ReturnType<typeof inMemory>>;
type Work = () => Promise<{ value: string }>;

const locate = () => Promise.resolve({ place: { kind: "one" as const, site: SITE }, found: null });
const shape = { action: "subject.read", resource: "subject", input: Ask, output: Answer, locate } as const;
const router = ({ boundary }: World, work: Work) =>
  boundary.router({
    read: boundary.read(shape, work),
    change: boundary.change(shape, {
      prepare: () => Promise.resolve(null),
      commit: async (tx: Pending) => {
        tx.effects.push("changed");
        return work();
      },
    }),
  });

/** Calls as the listener does; answers the data, or the failure. */
async function call(world: World, path: "read" | "change", work: Work, over: Parameters<typeof context>[0] = {}, input: unknown = { id: "a" }) {
  try {
    const type = path === "read" ? "query" : "mutation";
    return await callTRPCProcedure({ router: router(world, work), path, type, ctx: context(over), getRawInput: () => Promise.resolve(input), signal: undefined, batchIndex: 0 });
  } catch (error) {
    return failureOf(error);
  }
}

const codeOf = (result: unknown): string | null => (result instanceof SallyportError ? result.code : null);
const fine: Work = () => Promise.resolve({ value: "v" });

test("an allowed read answers, and is one record in its site's chain with rule, role and policy", async () => {
  const world = await inMemory();
  expect(await call(world, "read", fine)).toEqual({ value: "v" });
  expect(world.records).toHaveLength(1);
  expect(world.records[0]).toMatchObject({
    chain: "site:STUDY1/701",
    decision: "allow",
    role: "clinical_reviewer",
    action: "subject.read",
    site: "STUDY1/701",
    principal: "svc_reviewer",
  });
  expect(world.records[0]?.detail).toMatch(/^rule=clinical_reviewer:subject\.read:subject/);
  expect(world.records[0]?.policy).toMatch(/^v1:[0-9a-f]{16}$/);
});

test("a read whose record can't be written answers nothing", async () => {
  const world = await inMemory();
  world.failing.append = true;
  expect(codeOf(await call(world, "read", fine))).toBe("internal");
  expect(world.records).toHaveLength(0);
});

test("a principal of another site is denied, with one record in system that names neither rule nor value", async () => {
  const world = await inMemory({ principals: [reviewer([{ role: "clinical_reviewer", study: "STUDY1", site: "704", fromMs: 0, untilMs: null }])] });
  expect(codeOf(await call(world, "read", fine))).toBe("policy.denied");
  expect(world.records).toMatchObject([{ chain: "system", decision: "deny", role: "-", site: "-" }]);
  expect(world.records[0]?.reason).toMatch(/^policy\.denied:/);
});

test("a caller that proves nothing leaves a count and no record", async () => {
  const world = await inMemory();
  expect(codeOf(await call(world, "read", fine, { peer: { spiffe: "spiffe://d1.sallyport/zone/application/api", x5t: "x" } }))).toBe("workload.not_allowed");
  expect(codeOf(await call(world, "read", fine, { authorization: ["svc_nobody"] }))).toBe("token.revoked");
  expect(world.records).toHaveLength(0);
  expect(world.knocks).toEqual(["workload.not_allowed", "token.revoked"]);
});

test("a service's token in another service's hands is refused", async () => {
  const world = await inMemory();
  expect(codeOf(await call(world, "read", fine, { peer: { spiffe: "spiffe://d1.sallyport/service/other", x5t: "x" } }))).toBe("token.binding");
});

test("an unknown key in the input is refused before the work, on record, by place and never by value", async () => {
  const world = await inMemory();
  const result = await call(world, "read", fine, {}, { id: "a", role: "auditor" });
  expect(codeOf(result)).toBe("input.invalid");
  expect(JSON.stringify(result instanceof SallyportError ? result.context : {})).not.toMatch(/role|auditor/);
  expect(world.records).toMatchObject([{ decision: "deny", reason: "input.invalid" }]);
});

test("a handler's own error reaches nobody: its text is gone, and the crossing is on record as failed", async () => {
  const world = await inMemory();
  const result = await call(world, "read", () => Promise.reject(new Error("connect 10.0.0.5, ssn=123")));
  expect(codeOf(result)).toBe("internal");
  expect(world.records).toMatchObject([{ decision: "error", reason: "internal" }]);
  expect(JSON.stringify(world.records)).not.toMatch(/ssn|10\.0/);
  expect(world.events).toEqual(["crossing.internal"]);
});

test("an answer with a field that the schema doesn't name never leaves", async () => {
  const world = await inMemory();
  const extra = { value: "v", ssn: "123" };
  expect(codeOf(await call(world, "read", () => Promise.resolve(extra)))).toBe("internal");
});

test("a change and its record commit together", async () => {
  const world = await inMemory();
  expect(await call(world, "change", fine)).toEqual({ value: "v" });
  expect(world.effects).toEqual(["changed"]);
  expect(world.records).toMatchObject([{ decision: "allow", reason: "allowed" }]);
});

test("a change whose commit fails leaves neither effect nor record of it, but a record of the failure", async () => {
  const world = await inMemory();
  world.failing.commit = true;
  expect(codeOf(await call(world, "change", fine))).toBe("internal");
  expect(world.effects).toEqual([]);
  expect(world.records).toMatchObject([{ decision: "error" }]);
});

test("the same idempotency key has one effect and the same answer, and the replay is on record", async () => {
  const world = await inMemory();
  await call(world, "change", fine);
  expect(await call(world, "change", () => Promise.resolve({ value: "other" }))).toEqual({ value: "v" });
  expect(world.effects).toEqual(["changed"]);
  expect(world.records.map(({ reason }) => reason)).toEqual(["allowed", "replayed"]);
});

test("an idempotency key that was used for another request is refused, and so is a missing one", async () => {
  const world = await inMemory();
  await call(world, "change", fine);
  expect(codeOf(await call(world, "change", fine, {}, { id: "b" }))).toBe("input.idempotency_reused");
  expect(codeOf(await call(world, "change", fine, { idempotencyKey: null }))).toBe("input.idempotency_missing");
});

test("a policy that was edited denies everything", async () => {
  const world = await inMemory({ note: "note over something else" });
  expect(codeOf(await call(world, "read", fine))).toBe("policy.unsigned");
  const edited = { ...starterPolicy, grants: [...starterPolicy.grants, { id: "planted", role: "clinical_reviewer", action: "trail.export" as const, resource: "trail" as const }] };
  const planted = await inMemory({ document: edited, note: "note over the starter" });
  expect(codeOf(await call(planted, "read", fine))).toBe("policy.unsigned");
});

test("a policy that couldn't be read for a second decides nothing", async () => {
  const world = await inMemory();
  world.state.nowMs += 1001;
  expect(codeOf(await call(world, "read", fine))).toBe("policy.unavailable");
});

test("a frozen trail stops what isn't marked to go on", async () => {
  const world = await inMemory();
  world.state.frozen = true;
  expect(codeOf(await call(world, "read", fine))).toBe("trail.frozen");
});

/** What an act and a look with this action come to, at a site of the reviewer's, while these chains are under an incident. */
async function under(action: Action, resource: ResourceType, chains: readonly string[]): Promise<{ readonly act: unknown; readonly look: unknown; readonly world: World }> {
  const role = "clinical_reviewer";
  const document = { ...starterPolicy, grants: [{ id: "one", role, action, resource }] };
  const world = await inMemory({ document, scope: action });
  for (const chain of chains) world.state.broken.add(chain);
  const { boundary } = world;
  const made = boundary.router({
    look: boundary.read({ ...shape, action, resource }, fine),
    act: boundary.change({ ...shape, action, resource }, { prepare: () => Promise.resolve(null), commit: fine }),
  });
  const ask = async (path: "look" | "act") => {
    try {
      const type = path === "look" ? "query" : "mutation";
      return await callTRPCProcedure({ router: made, path, type, ctx: context(), getRawInput: () => Promise.resolve({ id: "a" }), signal: undefined, batchIndex: 0 });
    } catch (error) {
      return failureOf(error);
    }
  };
  return { look: await ask("look"), act: await ask("act"), world };
}

const OWN = "site:STUDY1/701";
test.each<[Action, ResourceType, string, string | null]>([
  ["packet.release", "packet", OWN, "trail.quarantined"],
  ["phi.read", "subject_phi", OWN, "trail.quarantined"],
  ["phi.read", "subject_phi", "site:STUDY1/702", null],
  ["phi.read", "subject_phi", "system", null],
  ["packet.upload", "packet", OWN, null],
  ["assignment.change", "principal", "system", "trail.quarantined"],
  ["lock.lift", "lock", "system", "trail.quarantined"],
  ["lock.set", "lock", "system", null],
  ["person.suspend", "principal", "system", null],
  ["assignment.change", "principal", OWN, null],
])("under an incident an act of %s on %s, with %s broken, comes to %s, and looking goes on", async (action, resource, chain, code) => {
  const { act, look, world } = await under(action, resource, [chain]);
  expect(look).toEqual({ value: "v" });
  expect(codeOf(act)).toBe(code);
  if (code === null) return;
  expect((act as SallyportError).context).toEqual({ incident: `inc_${"0".repeat(26)} ${chain}` });
  expect(world.records.at(-1)).toMatchObject({
    chain: "system",
    decision: "error",
    reason: code,
    detail: expect.stringContaining(`incident=inc_${"0".repeat(26)};chain=${chain}`) as string,
  });
});

test("the same request that failed because its twin went through meanwhile answers as the twin did", async () => {
  const world = await inMemory();
  const late: Work = async () => {
    await call(world, "change", fine);
    throw new SallyportError("packet.state");
  };
  expect(await call(world, "change", late)).toEqual({ value: "v" });
  expect(world.effects).toEqual(["changed"]);
});

test("a caller who may do this nowhere is denied before the input is worked on", async () => {
  const world = await inMemory({ principals: [reviewer([])] });
  let located = false;
  const { boundary } = world;
  const made = boundary.router({
    read: boundary.read(
      {
        ...shape,
        locate: () => {
          located = true;
          return locate();
        },
      },
      fine,
    ),
  });
  await expect(
    callTRPCProcedure({ router: made, path: "read", type: "query", ctx: context(), getRawInput: () => Promise.resolve({ id: "a" }), signal: undefined, batchIndex: 0 }),
  ).rejects.toThrow();
  expect(located).toBe(false);
});

test("a token whose scope doesn't hold the action is denied", async () => {
  const world = await inMemory({ scope: "subject.list" });
  expect(codeOf(await call(world, "read", fine))).toBe("policy.denied");
});
