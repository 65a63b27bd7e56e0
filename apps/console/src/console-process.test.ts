import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FakeApi, FINGERPRINT, healthy, identityFolder, startFakeApi, TRUST_DOMAIN } from "../test/fake-api.ts";
import { FakePeople } from "../test/fake-people.ts";
import { ada, ben, sampleProcedures } from "../test/sample-world.ts";

const entry = join(import.meta.dirname, "../dist/server.js");
const built = join(import.meta.dirname, "../.next/static");

/** The console as it is run, with nothing but its settings. */
interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  readonly lines: string[];
}

function launch(env: Record<string, string>): { child: ChildProcess; lines: string[] } {
  const child = spawn(process.execPath, [entry], {
    env: { PATH: process.env["PATH"] ?? "", NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1", SALLYPORT_CONSOLE_PORT: "0", SALLYPORT_TRUST_DOMAIN: TRUST_DOMAIN, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  child.stdout?.on("data", (chunk: Buffer) => lines.push(...chunk.toString().split("\n").filter(Boolean)));
  return { child, lines };
}

async function start(env: Record<string, string>): Promise<Running> {
  const { child, lines } = launch(env);
  for (let waited = 0; waited < 15_000; waited += 50) {
    const ready = lines.find((line) => line.includes("console.ready"));
    if (ready !== undefined) return { child, lines, url: (JSON.parse(ready) as { url: string }).url };
    if (child.exitCode !== null) break;
    await sleep(50);
  }
  throw new Error(`the console did not start: ${lines.join(" ")}`);
}

/** Every page behind the sign-in, as the folders have them; what an address names is the same for all of one kind. */
const pages = join(import.meta.dirname, "../app/(people)");
const ZEROS = "0".repeat(26);
const NAMED: Readonly<Record<string, string>> = {
  "/documents/[kind]/[id]": `/documents/policy/pol_${ZEROS}`,
  "/packets/[id]": `/packets/pkt_${ZEROS}`,
  "/profiles/[id]": "/profiles/cdisc-sdtm",
  "/reviews/[id]": `/reviews/arv_${ZEROS}`,
  "/reviews/trail/[id]": `/reviews/trail/atr_${ZEROS}`,
  "/roles/proposals/[id]": `/roles/proposals/pol_${ZEROS}`,
  "/studies/[id]": "/studies/CDISCPILOT01",
  "/subjects/[id]": `/subjects/sub_${ZEROS}`,
  "/submissions/[id]": `/submissions/sbm_${ZEROS}`,
};
const PEOPLE_PAGES = readdirSync(pages, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith("/page.tsx"))
  .map((path) => `/${path.slice(0, -"/page.tsx".length)}`)
  .map((path) => {
    const named = NAMED[path] ?? path;
    if (named.includes("[")) throw new Error(`${path} has no example`);
    return named;
  })
  .toSorted();

describe("the console process", () => {
  const folder = identityFolder();
  let api: FakeApi;
  let running: Running;
  const people = new FakePeople([ada, ben], sampleProcedures());

  beforeAll(async () => {
    expect(existsSync(entry) && existsSync(built), "build the console first").toBe(true);
    api = await startFakeApi();
    api.answer = people.answer;
    running = await start({ SALLYPORT_API_URL: api.url.origin, SALLYPORT_IDENTITY_DIR: folder.path });
  }, 30_000);
  afterAll(async () => {
    running.child.kill("SIGKILL");
    await api[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  const page = async (path = "/", init: RequestInit = {}) => {
    const response = await fetch(running.url + path, { redirect: "manual", ...init });
    return { response, text: await response.text() };
  };
  const status = async () => JSON.parse((await page("/api/status")).text) as { state: string; source: string };

  test.each(["/", "/sign-in", "/enrol", ...PEOPLE_PAGES])("serves %s, which runs nothing inline but what its nonce allows, and another nonce each time", async (path) => {
    const nonces = new Set<string>();
    for (let turn = 0; turn < 3; turn++) {
      const { response, text } = await page(path);
      const policy = response.headers.get("content-security-policy") ?? "";
      const nonce = /'nonce-([A-Za-z0-9+/=]+)'/.exec(policy)?.[1] ?? "";
      nonces.add(nonce);
      expect(policy).toContain("require-trusted-types-for 'script'");
      expect(policy).not.toMatch(/unsafe|https?:|\*/);
      const tags = [...text.matchAll(/<(?:script|style)\b[^>]*>/g)].map(([tag]) => tag);
      expect(tags.length).toBeGreaterThan(3);
      expect(tags.filter((tag) => !tag.includes(`nonce="${nonce}"`))).toEqual([]);
      expect(text).not.toMatch(/\sstyle="|\son[a-z]+="|javascript:/i);
      expect(response.headers.get("cache-control")).toBe("private, no-store");
      expect(response.headers.get("x-powered-by")).toBeNull();
    }
    expect(nonces.size).toBe(3);
  });

  test("fetches less than 200 kB of compressed script for a page behind the sign-in to come alive", async () => {
    const lengths = new Map<string, number>();
    const lengthOf = async (script: string): Promise<number> => {
      const known = lengths.get(script) ?? gzipSync(Buffer.from(await (await fetch(running.url + script)).arrayBuffer())).length;
      lengths.set(script, known);
      return known;
    };
    const heavy: string[] = [];
    for (const path of PEOPLE_PAGES) {
      const { text } = await page(path);
      const scripts = new Set(
        [...text.matchAll(/<script\b([^>]*)>/g)]
          .filter(([, attributes = ""]) => !/nomodule/i.test(attributes))
          .flatMap(([, attributes = ""]) => /\bsrc="([^"]+)"/.exec(attributes)?.[1] ?? []),
      );
      expect(scripts.size).toBeGreaterThan(5);
      const sizes = await Promise.all([...scripts].map(lengthOf));
      const whole = sizes.reduce((sum, size) => sum + size, 0);
      if (whole >= 200_000) heavy.push(`${path}: ${whole}`);
    }
    expect(heavy).toEqual([]);
  });

  describe("with somebody signed in", () => {
    const tricks: readonly (readonly [string, Record<string, string>])[] = [
      ["/me", {}],
      ["/me", { "x-middleware-subrequest": "src/proxy:src/proxy:proxy:proxy:proxy" }],
      ["/me", { "next-resume": "1", "x-nextjs-postponed": "1" }],
      ["/me?_rsc=1abc", { rsc: "1" }],
      ["/me?_rsc=1abc", { rsc: "1", "next-router-prefetch": "1", "next-router-segment-prefetch": "/_tree" }],
      ["/me.rsc", {}],
      ["/me.segments/_tree.segment.rsc", {}],
      ["/_next/data/build/me.json", { "x-nextjs-data": "1" }],
      ["/en/me", {}],
      ["/people", { "x-forwarded-host": "evil.example", "x-matched-path": "/people" }],
    ];

    test("a page holds nothing of theirs, by whatever way it is asked for, and is the same for the next person", async () => {
      const signIn = async (name: string, password: string) => {
        const { response } = await page("/api/session/sign-in/password", {
          method: "POST",
          headers: { origin: running.url, "x-sallyport": "1", "content-type": "application/json" },
          body: JSON.stringify({ username: name, password, totp: "123456" }),
        });
        expect(response.status).toBe(200);
        return (response.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
      };
      const cookies = [await signIn("ada", ada.password), await signIn("ben", ben.password)];
      const steady = (text: string) => text.replaceAll(/nonce="[^"]*"|"nonce":"[^"]*"|nonce\\":\\"[^"\\]*|'nonce-[^']*'/g, "");
      for (const [path, headers] of tricks) {
        const seen: string[] = [];
        for (const cookie of cookies) {
          const { response, text } = await page(path, { headers: { ...headers, cookie } });
          expect([200, 307, 404]).toContain(response.status);
          for (const secret of [ada.canary, ben.canary, ada.printedName, ben.printedName, cookie.split("=")[1] ?? "-"]) expect(text).not.toContain(secret);
          expect(response.headers.get("cache-control")).toBe("private, no-store");
          seen.push(steady(text).length.toString());
        }
        expect(new Set(seen).size, path).toBe(1);
      }
    });

    test("a call without the session is refused, and says nothing", async () => {
      const { response, text } = await page("/api/call/people.list", {
        method: "POST",
        headers: { origin: running.url, "x-sallyport": "1", "content-type": "application/json" },
        body: "{}",
      });
      expect([response.status, JSON.parse(text)]).toEqual([401, { pillar: "principal", code: "session.missing", remedy: "Sign in.", requestId: "" }]);
    });
  });

  test("shows what the api says, in the page itself and as JSON", async () => {
    expect(await status()).toMatchObject({ state: "open", source: "health", deployment: "dtest", fingerprint: FINGERPRINT });
    expect((await page()).text).toContain("The door is open");
  });

  test("chooses its own nonce, whatever the request says", async () => {
    const { text } = await page("/", { headers: { "content-security-policy": "script-src 'nonce-attacker'", "x-nonce": "attacker" } });
    expect(text).not.toContain("attacker");
  });

  test.each(["/_next/image?url=%2Ficon.svg&w=64&q=75", "/_next/data/x/index.json", "/nope", "/.env", "/api", "/api/status/x", "/_next/static/../../package.json"])(
    "%s is not found",
    async (path) => {
      expect((await page(path)).response.status).toBe(404);
    },
  );

  test.each(["POST", "PUT", "DELETE"])("%s is not allowed, on pages and on routes", async (method) => {
    for (const path of ["/", "/api/status"]) expect((await page(path, { method, headers: { "next-action": "7f" } })).response.status).toBe(405);
  });

  test("gives no source map to anyone", () => {
    const files = readdirSync(built, { recursive: true, encoding: "utf8" });
    expect(files.filter((file) => file.endsWith(".map"))).toEqual([]);
    expect(files.filter((file) => file.endsWith(".js") && readFileSync(join(built, file), "utf8").includes("sourceMappingURL"))).toEqual([]);
  });

  test("tells a failing control, and an api that is gone, while it goes on serving", async () => {
    api.answer = (_request, response) => response.writeHead(503).end(JSON.stringify({ ...healthy, status: "unavailable", pillars: { ...healthy.pillars, trail: "down" } }));
    await sleep(1100);
    expect(await status()).toMatchObject({ state: "closed", source: "health" });
    expect((await page()).text).toContain("Check the database and the custodian");
    await api[Symbol.asyncDispose]();
    await sleep(1100);
    expect(await status()).toMatchObject({ state: "closed", source: "unreachable" });
    expect((await page("/healthz")).text).toBe('{"status":"ok"}');
  });

  test("ends within five seconds of SIGTERM, also with a request in hand", async () => {
    const began = performance.now();
    running.child.kill("SIGTERM");
    const [code] = (await once(running.child, "exit")) as [number];
    expect(code).toBe(0);
    expect(performance.now() - began).toBeLessThan(5000);
  });
});

describe("a console that must not start", () => {
  test.each([
    ["a missing identity", {}, "secret.missing"],
    ["a host beyond loopback without a certificate", { SALLYPORT_CONSOLE_HOST: "0.0.0.0" }, "setting.invalid"],
    ["an api over plain HTTP", { SALLYPORT_API_URL: "http://localhost:1" }, "setting.invalid"],
  ])("ends with the reason: %s", async (_, env, code) => {
    const { child, lines } = launch({ SALLYPORT_API_URL: "https://localhost:1", SALLYPORT_IDENTITY_DIR: "/nonexistent", ...env });
    const [exit] = (await once(child, "close")) as [number];
    expect(exit).toBe(1);
    expect(JSON.parse(lines.at(-1) ?? "{}")).toMatchObject({ event: "console.refused", code });
  });
});
