import { gzipSync } from "node:zlib";
import { type AppRouter, createBoundary, createAppRouter, walkRouter } from "@sallyport/api";
import { procedures as known } from "@sallyport/client";
import { type Strict, strict } from "@sallyport/contracts";
import { catalog, SallyportError } from "@sallyport/errors";
import { ACTIONS } from "@sallyport/policy";
import { canaries, faultTest, findCanaries, readVectors } from "@sallyport/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { Reply } from "./door-client.ts";
import { type Ports, principalsAs } from "./lax-ports.ts";
import { changedAt, objectPlaces, sampleOf, textPlaces } from "./samples.ts";
import { type Api, codeOf, type Deployment, deployment, type ServeOptions } from "./stack.ts";

const LONG = process.env["SALLYPORT_TEST_LONG"] !== undefined;
const SURPRISES = ["role", "siteId", "approvedBy", "__proto__", "constructor"];

/** Strings that have broken programs, where the list is beside the repository; and a few of our own everywhere. */
const NAUGHTY: readonly string[] = [
  "",
  "undefined",
  "\u0000",
  "it says \u0000 there",
  "\ud800",
  "‮drawkcab",
  "Ω≈ç√∫˜µ≤≥÷",
  "../../../etc/passwd",
  "'; DROP TABLE phi.subjects; --",
  "${7*7}",
  "<script>alert(1)</script>",
  "\u{1F468}‍\u{1F469}",
  "ﷺ".repeat(40),
  ...(JSON.parse(readVectors("blns/blns.json")?.toString("utf8") ?? "[]") as string[]),
];

/** What PostgreSQL keeps in no text: everywhere in every run. */
const UNSTORABLE = /\0|\p{Cs}/u;

let at: Deployment;
let procedures: readonly { readonly path: string; readonly input: z.ZodType; readonly repeatable: boolean | undefined }[] = [];
let bearer = "";
beforeAll(async () => {
  at = await deployment();
  await using api = await at.serve({ ports: seen });
  await at.seed(api);
  // A token for every act there is, so that it is the input that is judged and not the right.
  bearer = at.forge("reviewer", { scope: ACTIONS.join(" ") });
});
afterAll(() => at?.close());

const everyRole = principalsAs((principal) => ({
  ...principal,
  assignments: ["clinical_reviewer", "regulatory_reviewer", "data_steward", "security_admin", "auditor", "ingestion_service"].map((role) => ({
    role,
    study: "*",
    site: "*",
    fromMs: 0,
    untilMs: null,
  })),
}));
const seen: Ports = (real) => {
  // A part's input is its path: what that may be is looked at where uploads are.
  procedures = walkRouter(createAppRouter(real))
    .filter(({ declared }) => declared?.kind !== "part")
    .map(({ path, declared }) => ({ path, input: declared?.input ?? z.never(), repeatable: declared?.repeatable }));
  return everyRole(real);
};

const ask = (api: Api, procedure: string, input: unknown): Promise<Reply> => api.client("reviewer").call(procedure, input, bearer);
const raw = (api: Api, body: string | Buffer, headers: Record<string, string> = {}): Promise<Reply> =>
  api.client("reviewer").send({ path: "/trpc/subjects.list", headers: { authorization: `Bearer ${bearer}`, ...headers }, body: body as string });

/** The real router, but that one of its procedures takes what it is given. */
const withLoose =
  (path: string, input: z.ZodObject): NonNullable<ServeOptions["router"]> =>
  (deps) => {
    const boundary = createBoundary(deps);
    const taking = boundary.read(
      {
        action: "access.read",
        resource: "access",
        input: input as unknown as Strict,
        output: strict({}),
        locate: (given: Readonly<Record<string, unknown>>, trace) => {
          trace.about(typeof given["site"] === "string" ? given["site"] : "access");
          return Promise.resolve({ place: { kind: "any" as const, sites: [{ study: "PILOT", site: "701" }] }, found: null });
        },
      },
      () => Promise.resolve({}),
    );
    const real = createAppRouter(deps);
    return { ...real, _def: { ...real._def, procedures: { ...real._def.procedures, [path]: taking } } } as unknown as AppRouter;
  };

test("a sample is known for the input of every procedure, and each schema takes its own", () => {
  for (const { path, input } of procedures) expect([path, input.safeParse(sampleOf(input)).success]).toEqual([path, true]);
  expect(procedures.length).toBeGreaterThanOrEqual(15);
});

test("the client sends again by itself just what the api declares to have one effect however often it comes", () => {
  const ours = Object.entries(known).map(([path, { repeatable }]) => [path, repeatable] as const);
  expect(new Map(ours)).toEqual(new Map(procedures.map(({ path, repeatable }) => [path, repeatable])));
});

faultTest(
  "R5",
  "a key that an input doesn't name is refused by every procedure, at any depth",
  async (defence) => {
    await using api = await at.serve({ ports: seen, ...(defence === "off" && { router: withLoose("access.mine", z.looseObject({})) }) });
    for (const { path, input } of procedures) {
      const sample = sampleOf(input);
      for (const place of objectPlaces(sample)) {
        for (const key of SURPRISES) {
          // Object.fromEntries makes an own key of `__proto__`, which is how JSON.parse reads it too.
          const surprising = changedAt(sample, place, (part) => Object.fromEntries([...Object.entries(part as object), [key, "703"]]));
          const reply = await ask(api, path, surprising);
          expect([path, key, reply.status, codeOf(reply)]).toEqual([path, key, 400, "input.invalid"]);
          expect(reply.text.replace(/req_[0-9a-z]+/, "")).not.toContain("703");
        }
      }
    }
  },
  120_000,
);

faultTest(
  "P14",
  "a naughty string in any field of any procedure ends in an answer or a refusal of the catalogue, never in a failure of ours",
  async (defence) => {
    await using api = await at.serve({
      ports: seen,
      ...(defence === "off" && { router: withLoose("subjects.list", z.strictObject({ site: z.string().optional() }).loose()) }),
    });
    let turn = 0;
    for (const { path, input } of procedures) {
      const sample = sampleOf(input);
      for (const place of textPlaces(sample)) {
        for (const naughty of NAUGHTY) {
          // All of them at some field, and each field with a share of them; the long run sends everything everywhere.
          if (!LONG && turn++ % 131 !== 0 && !UNSTORABLE.test(naughty)) continue;
          const reply = await ask(
            api,
            path,
            changedAt(sample, place, () => naughty),
          );
          expect([200, 400, 401, 403, 409], `${path} ${place.join(".")} ${JSON.stringify(naughty)} ${reply.text}`).toContain(reply.status);
        }
      }
    }
  },
  LONG ? 3_600_000 : 240_000,
);

const MIB = 1024 * 1024;

faultTest("P14", "a body that is too long, too deep, compressed or no JSON is refused, in bounded memory", async (defence) => {
  const counted = new Map<string, number>();
  const counting: Ports = (real) => ({ ...seen(real), knocks: { count: (_, code) => void counted.set(code, (counted.get(code) ?? 0) + 1) } });
  await using api = await at.serve({ ports: counting, ...(defence === "off" && { limits: { bodyBytes: 64 * MIB } }) });
  const before = process.memoryUsage().rss;
  const deep = (n: number, open: string, close: string) => open.repeat(n) + "1" + close.repeat(n);
  for (const [body, headers, status] of [
    [`{"study":"${"x".repeat(10 * MIB)}"}`, {}, 413],
    [deep(10_000, '{"a":', "}"), {}, 400],
    [deep(100_000, "[", "]"), {}, 400],
    [gzipSync(Buffer.alloc(100 * MIB, "[")), { "content-encoding": "gzip" }, 415],
    ["", {}, 400],
    ["null", {}, 400],
    ['{"study":"PILOT","study":"OTHER"', {}, 400],
    ["[]", {}, 400],
    ['"text"', {}, 400],
    ["1e999999", {}, 400],
    ["NaN", {}, 400],
    ["{'limit':1}", {}, 400],
    ["﻿{}", {}, 400],
    [Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), {}, 400],
    ["{}", { "content-type": "text/plain" }, 415],
    ["a=b", { "content-type": "multipart/form-data; boundary=x" }, 415],
  ] as const) {
    const reply = await raw(api, body, headers);
    expect([body.slice(0, 20).toString(), reply.status]).toEqual([body.slice(0, 20).toString(), status]);
    expect(Object.keys(JSON.parse(reply.text) as object).filter((name) => name !== "where")).toEqual(["pillar", "code", "remedy", "requestId"]);
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * MIB);
  expect((await ask(api, "access.mine", {})).status).toBe(200);
  // What no procedure was come to with is counted; what one refused, by its schema, is a record.
  expect((await ask(api, "nowhere.at_all", {})).status).toBe(404);
  expect(Object.fromEntries(counted)).toEqual({ "input.too_large": 1, "input.media_type": 3, "input.invalid": 5, "input.not_found": 1 });
});

const [TEXT = ""] = canaries(1, "forced exceptions");

/** Every port that a procedure can call throws, with a text that nobody may see. */
const throwing =
  (failure: () => Error): Ports =>
  (real) => {
    const broken = <T extends object>(port: T): T =>
      new Proxy(port, {
        get: (of, name) => {
          const value: unknown = Reflect.get(of, name);
          return typeof value === "function"
            ? () => {
                throw failure();
              }
            : value;
        },
      });
    const { packets, subjects, studies, changes, keys, archive } = real;
    return {
      ...seen(real),
      packets: broken(packets),
      subjects: broken(subjects),
      studies: broken(studies),
      changes: broken(changes),
      keys: broken(keys),
      archive: broken(archive),
    };
  };

faultTest("P15", "an exception in any procedure is answered by its request id and a code, and its text is nowhere", async (defence) => {
  const failure = (): Error => (defence === "on" ? new TypeError(`can't read ${TEXT}`) : new SallyportError("input.invalid", { where: [TEXT] }));
  await using api = await at.serve({ ports: throwing(failure) });
  let forced = 0;
  for (const { path, input } of procedures) {
    const reply = await ask(api, path, sampleOf(input));
    expect(findCanaries(Buffer.from(reply.text), [TEXT]), path).toEqual([]);
    if (reply.status === 200) continue;
    const body = JSON.parse(reply.text) as Record<string, string>;
    expect(Object.keys(body).filter((name) => name !== "where")).toEqual(["pillar", "code", "remedy", "requestId"]);
    if (reply.status === 500) {
      forced += 1;
      expect(body).toEqual({ pillar: "service", code: "internal", remedy: catalog.internal.remedy, requestId: expect.stringMatching(/^req_[0-9a-z]{26}$/) as string });
    }
  }
  expect(forced).toBeGreaterThan(10);
  expect(findCanaries(Buffer.from(api.events.join("\n")), [TEXT])).toEqual([]);
  expect(findCanaries(Buffer.from(JSON.stringify(await at.records("system"))), [TEXT])).toEqual([]);
});
