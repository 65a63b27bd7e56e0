import { setTimeout as sleep } from "node:timers/promises";
import { faultTest } from "@sallyport/testkit";
import { describe, expect, test } from "vitest";
import { startCarried } from "../../test/carried.ts";
import { FakePeople, Refused } from "../../test/fake-people.ts";
import { ada, ben, sampleProcedures } from "../../test/sample-world.ts";
import { judgeCarried } from "./gate.ts";

const world = (more: ConstructorParameters<typeof FakePeople>[1] = {}) => new FakePeople([ada, ben], { ...sampleProcedures(), ...more });
const codeOf = async (response: Response) => `${response.status} ${((await response.json()) as { code?: string }).code ?? ""}`;

describe("signing in and out", () => {
  test("the session's secret goes into the cookie and the token nowhere; the page learns whose session it is", async () => {
    const people = world();
    await using console = await startCarried(people);
    const { response, text, cookie, sessionId } = await console.signIn("ada", ada.password);
    const [secret = ""] = people.sessions.keys();
    expect(response.headers.get("set-cookie")).toBe(`__Host-sallyport=${secret}; Path=/; Secure; HttpOnly; SameSite=Strict`);
    expect(text).not.toContain(secret);
    expect(text).not.toContain("token");
    expect(JSON.parse(text)).toMatchObject({ sessionId, printedName: "Ada Marsh", idleSeconds: 900 });
    expect(response.headers.get("cache-control")).toBe("private, no-store");
    const resumed = await console.post("/api/session/resume", {}, { cookie });
    expect(await resumed.json()).toMatchObject({ sessionId });
  });

  test("a failed sign-in sets no cookie, and says what the api said", async () => {
    await using console = await startCarried(world());
    const { response, text } = await console.signIn("ada", "wrong");
    expect([response.status, response.headers.get("set-cookie"), (JSON.parse(text) as { code: string }).code]).toEqual([401, null, "signin.failed"]);
  });

  test("signing in where somebody was signed in ends their session", async () => {
    const people = world();
    await using console = await startCarried(people);
    const first = await console.signIn("ada", ada.password);
    await console.post("/api/session/sign-in/password", { username: "ben", password: ben.password, totp: "123456" }, { cookie: first.cookie });
    expect([...people.sessions.values()].map(({ ended }) => ended)).toEqual(["session.ended", null]);
  });

  test("a browser that left for the provider comes back with what its cookie holds, which script never sees, and another browser with nothing", async () => {
    const people = new FakePeople([ada, ben]);
    await using console = await startCarried(people);
    const left = await console.post("/api/session/sign-in/provider-options", {});
    expect(await left.text()).toMatch(/^\{"url":"https:\/\/login\.example\/[^"]+"\}$/);
    const given = left.headers.get("set-cookie") ?? "";
    expect(given).toMatch(/^__Host-sallyport-provider=[A-Za-z0-9_-]{43}; Max-Age=300; Path=\/; Secure; HttpOnly; SameSite=Strict$/);
    const back = (headers: Readonly<Record<string, string>>, body: unknown = { query: "code=ada" }) => console.post("/api/session/sign-in/provider", body, headers);
    const cookie = given.split(";")[0] ?? "";
    const browser = cookie.slice(cookie.indexOf("=") + 1);
    expect(await codeOf(await back({}))).toBe("401 signin.failed");
    expect(await codeOf(await back({}, { query: "code=ada", browser }))).toBe("401 signin.failed");
    expect(await codeOf(await back({ cookie: `__Host-sallyport-provider=${"x".repeat(43)}` }))).toBe("401 signin.failed");
    expect(await codeOf(await back({ cookie }, "null"))).toBe("400 input.invalid");
    const entered = await back({ cookie });
    expect(await entered.json()).toMatchObject({ printedName: "Ada Marsh" });
    expect(entered.headers.get("set-cookie")).toMatch(/^__Host-sallyport=[A-Za-z0-9_-]{43}; Path=\//);
  });

  test("signing out ends the session at the api and takes the cookie, also where the api is gone", async () => {
    const people = world();
    await using console = await startCarried(people);
    const { cookie, sessionId } = await console.signIn("ada", ada.password);
    const out = await console.post("/api/session/end", {}, { cookie });
    expect([out.status, await out.json(), out.headers.get("set-cookie")?.startsWith("__Host-sallyport=; Max-Age=0;")]).toEqual([200, { ended: true }, true]);
    expect(await codeOf(await console.post("/api/call/people.list", {}, { cookie, "sallyport-session": sessionId }))).toBe("401 session.ended");
    await console.api[Symbol.asyncDispose]();
    const again = await console.post("/api/session/end", {}, { cookie });
    expect([await again.json(), again.headers.get("set-cookie")?.startsWith("__Host-sallyport=;")]).toEqual([{ ended: false }, true]);
  });
});

describe("a call", () => {
  test("carries the token, the idempotency key and whether it is background, and nothing else of the browser's", async () => {
    const seen: Record<string, unknown>[] = [];
    const people = world({ "people.list": (_input, _person, request) => ({ kept: seen.push({ ...request.headers }) }) });
    await using console = await startCarried(people);
    const { cookie, sessionId } = await console.signIn("ada", ada.password);
    await console.post(
      "/api/call/people.list",
      {},
      { cookie, "sallyport-session": sessionId, "idempotency-key": "k".repeat(20), "sallyport-background": "1", "x-forwarded-for": "1.2.3.4", "x-secret": "s" },
    );
    await console.post("/api/call/people.list", {}, { cookie, "sallyport-session": sessionId, "idempotency-key": "short", "sallyport-background": "yes" });
    expect(Object.keys(seen[0] ?? {}).toSorted()).toEqual([
      "accept",
      "authorization",
      "connection",
      "content-length",
      "content-type",
      "host",
      "idempotency-key",
      "sallyport-background",
    ]);
    expect(Object.keys(seen[1] ?? {})).not.toEqual(expect.arrayContaining(["idempotency-key"]));
    expect(Object.keys(seen[1] ?? {})).not.toEqual(expect.arrayContaining(["sallyport-background"]));
  });

  test("without a session is refused, and the api isn't asked", async () => {
    const people = world();
    await using console = await startCarried(people);
    expect(await codeOf(await console.post("/api/call/people.list", {}))).toBe("401 session.missing");
    expect(people.seen).toEqual([]);
  });

  test("that meets an expired token gets a new one and is done once", async () => {
    const people = world();
    await using console = await startCarried(people);
    const { cookie, sessionId } = await console.signIn("ada", ada.password);
    people.tokens.clear();
    const answers = await Promise.all(Array.from({ length: 20 }, () => console.post("/api/call/people.list", {}, { cookie, "sallyport-session": sessionId })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(people.seen.filter(({ path }) => path === "token").length).toBe(1);
  });

  test("of a session that an administrator ended is refused at once, and the cookie goes", async () => {
    const people = world();
    await using console = await startCarried(people);
    const { cookie, sessionId } = await console.signIn("ada", ada.password);
    people.endAll("ada");
    const response = await console.post("/api/call/people.list", {}, { cookie, "sallyport-session": sessionId });
    expect([await codeOf(response), response.headers.get("set-cookie")?.includes("Max-Age=0")]).toEqual(["401 session.ended", true]);
    expect(await codeOf(await console.post("/api/session/resume", {}, { cookie }))).toBe("401 session.ended");
  });

  test("that the api refuses is answered with the api's own words", async () => {
    const people = world({
      "people.list": () => {
        throw new Refused("policy.denied");
      },
    });
    await using console = await startCarried(people);
    const { cookie, sessionId } = await console.signIn("ada", ada.password);
    const response = await console.post("/api/call/people.list", {}, { cookie, "sallyport-session": sessionId });
    expect([response.status, await response.json()]).toEqual([
      403,
      expect.objectContaining({ pillar: "policy", code: "policy.denied", requestId: expect.stringMatching(/^req_/) }),
    ]);
  });

  test("where the api is gone says that nothing was sent, or that it is unknown, and no more", async () => {
    const people = world();
    await using console = await startCarried(people);
    const { cookie, sessionId } = await console.signIn("ada", ada.password);
    console.api.answer = (request) => void request.socket.destroy();
    expect(await codeOf(await console.post("/api/call/people.list", {}, { cookie, "sallyport-session": sessionId }))).toBe("503 connection.lost");
    await console.api[Symbol.asyncDispose]();
    await sleep(50);
    expect(await codeOf(await console.post("/api/call/people.list", {}, { cookie, "sallyport-session": sessionId }))).toBe("503 connection.refused");
  });

  test("of more than 256 KiB is not read to its end, whether it says so or not", async () => {
    const people = world();
    await using console = await startCarried(people);
    const { cookie, sessionId } = await console.signIn("ada", ada.password);
    const big = JSON.stringify({ text: "x".repeat(300 * 1024) });
    const said = await console.post("/api/call/people.list", big, { cookie, "sallyport-session": sessionId });
    expect(await codeOf(said)).toBe("413 input.too_large");
    expect(await codeOf(await console.post("/api/session/sign-in/password", "x".repeat(33 * 1024)))).toBe("413 input.too_large");
    expect(people.seen.filter(({ path }) => path === "people.list")).toEqual([]);
  });

  test("is a POST and nothing else", async () => {
    await using console = await startCarried(world());
    for (const method of ["GET", "PUT", "DELETE", "PATCH"])
      expect((await fetch(`${console.url}/api/call/people.list`, { method, headers: { "x-sallyport": "1" } })).status).toBe(405);
  });
});

describe("a watch", () => {
  test("passes lines on as they come, and ends with the reason where the stream breaks off", async () => {
    const people = world();
    await using console = await startCarried(people);
    const { cookie, sessionId } = await console.signIn("ada", ada.password);
    const plain = console.api.answer;
    console.api.answer = (request, response) => {
      if (!request.url?.startsWith("/trpc/crossings.watch")) return plain(request, response);
      response.writeHead(200, { "content-type": "application/x-ndjson" });
      response.write('{"event":{"items":[]}}\n');
      setTimeout(() => response.destroy(), 200);
    };
    const answer = await console.post("/api/watch/crossings.watch", {}, { cookie, "sallyport-session": sessionId });
    expect([answer.status, answer.headers.get("content-type"), answer.headers.get("cache-control")]).toEqual([200, "application/x-ndjson", "private, no-store"]);
    const lines = (await answer.text()).split("\n").filter(Boolean);
    expect(lines[0]).toBe('{"event":{"items":[]}}');
    expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ error: { code: "connection.lost" } });
  });

  test("ends at the api when the page goes, and a session has no more than eight at once", async () => {
    const people = world();
    await using console = await startCarried(people);
    const { cookie, sessionId } = await console.signIn("ada", ada.password);
    const plain = console.api.answer;
    let open = 0;
    console.api.answer = (request, response) => {
      if (!request.url?.startsWith("/trpc/crossings.watch")) return plain(request, response);
      open += 1;
      response.once("close", () => (open -= 1));
      response.writeHead(200, { "content-type": "application/x-ndjson" });
      response.write('{"beat":true}\n');
    };
    const headers = { cookie, "sallyport-session": sessionId };
    const watches = await Promise.all(Array.from({ length: 8 }, () => console.post("/api/watch/crossings.watch", {}, headers)));
    expect([open, await codeOf(await console.post("/api/watch/crossings.watch", {}, headers))]).toEqual([8, "429 service.limited"]);
    await Promise.all(watches.map(async (watch) => await watch.body?.cancel()));
    await expect.poll(() => open).toBe(0);
    expect((await console.post("/api/watch/crossings.watch", {}, headers)).status).toBe(200);
  });
});

describe("a part of an upload", () => {
  const PART = "/api/upload/pkt_00000000000000000000000000/2/262144";
  const octets = { "content-type": "application/octet-stream" };

  test("goes to the api byte for byte, as bytes, with the token, and its answer comes back as it is", async () => {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, at) => at % 256));
    const taken: unknown[] = [];
    const people = world({
      "packets.part": (input, person, { headers }) => {
        const { path, bytes: body } = input as { path: string; bytes: Buffer };
        taken.push([path, person.name, body.equals(bytes), headers["content-type"], headers["content-length"], headers.cookie]);
        return { received: 332_144 };
      },
    });
    await using console = await startCarried(people);
    const { cookie, sessionId } = await console.signIn("ada", ada.password);
    const answer = await console.post(PART, bytes, { cookie, "sallyport-session": sessionId, ...octets });
    expect([answer.status, await answer.json()]).toEqual([200, { result: { data: { received: 332_144 } } }]);
    expect(taken).toEqual([["/upload/pkt_00000000000000000000000000/2/262144", "ada", true, "application/octet-stream", "70000", undefined]]);
  });

  test("is sent again with a new token where the old one had run out", async () => {
    let sends = 0;
    const people = world({
      "packets.part": () => {
        sends += 1;
        if (sends === 1) throw new Refused("token.time");
        return { received: 9 };
      },
    });
    await using console = await startCarried(people);
    const { cookie, sessionId } = await console.signIn("ada", ada.password);
    expect((await console.post(PART, Buffer.alloc(9), { cookie, "sallyport-session": sessionId, ...octets })).status).toBe(200);
    expect(sends).toBe(2);
  });

  test("is taken from nobody who isn't signed in, from no other session's page, and never beyond a part's length", async () => {
    const people = world({ "packets.part": () => ({ received: 9 }) });
    await using console = await startCarried(people);
    const { cookie, sessionId } = await console.signIn("ada", ada.password);
    const send = (bytes: number, headers: Readonly<Record<string, string>>) => console.post(PART, Buffer.alloc(bytes), { ...octets, ...headers });
    expect(await codeOf(await send(9, {}))).toBe("401 session.missing");
    expect(await codeOf(await send(9, { cookie, "sallyport-session": "ses_of_another" }))).toBe("401 session.other");
    expect(await codeOf(await send(1024 * 1024 + 1, { cookie, "sallyport-session": sessionId }))).toBe("413 input.too_large");
    expect(people.seen.filter(({ path }) => path === "packets.part")).toEqual([]);
    expect((await send(1024 * 1024, { cookie, "sallyport-session": sessionId })).status).toBe(200);
  });

  test("four of one session are under way at once", async () => {
    const people = world();
    await using console = await startCarried(people);
    const { cookie, sessionId } = await console.signIn("ada", ada.password);
    const waiting: (() => void)[] = [];
    const answer = console.api.answer;
    console.api.answer = (request, response) => {
      if (request.url?.startsWith("/upload/") !== true) answer(request, response);
      else request.resume().on("end", () => waiting.push(() => void response.writeHead(200, { "content-type": "application/json" }).end("{}")));
    };
    const send = () => console.post(PART, Buffer.alloc(9), { cookie, "sallyport-session": sessionId, ...octets });
    const sent = Array.from({ length: 4 }, send);
    await expect.poll(() => waiting.length).toBe(4);
    expect(await codeOf(await send())).toBe("429 service.limited");
    for (const go of waiting) go();
    expect((await Promise.all(sent)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });
});

describe("faults", () => {
  /** A browser that is tricked into posting: it sends the cookie and what a form can send. */
  const forms = ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "text/plain"];

  for (const type of forms) {
    faultTest("P13", `a cross-site form of type ${type.split(";")[0] ?? ""} runs no change`, async (defence) => {
      const people = world();
      const lenient: typeof judgeCarried = (request) =>
        judgeCarried({ ...request, headers: honest(request.headers), rawHeaders: Object.entries(honest(request.headers)).flat() as string[] }, false);
      const honest = (headers: { host?: string | undefined }) => ({
        ...headers,
        origin: `http://${headers.host ?? ""}`,
        "sec-fetch-site": "same-origin",
        "x-sallyport": "1",
        "content-type": "application/json",
      });
      await using console = await startCarried(people, defence === "on" ? {} : { judge: lenient, bindsPages: false });
      const { cookie } = await console.signIn("ada", ada.password);
      const form = { cookie, origin: "http://evil.example", "sec-fetch-site": "cross-site", "content-type": type, "x-sallyport": "" };
      const answer = await console.post("/api/call/people.suspend", "{}", form);
      expect([403, 415]).toContain(answer.status);
      expect(people.seen.filter(({ path }) => path === "people.suspend")).toEqual([]);
    });
  }

  faultTest("P17", "a page made for one person is never answered with what the next person in this browser may see", async (defence) => {
    const people = world();
    await using console = await startCarried(people, { bindsPages: defence === "on" });
    const first = await console.signIn("ada", ada.password);
    const second = await console.signIn("ben", ben.password);
    // The page still names ada's session; the browser's cookie is ben's by now.
    const answer = await console.post("/api/call/me.overview", {}, { cookie: second.cookie, "sallyport-session": first.sessionId });
    expect(await answer.text()).not.toContain(ben.canary);
    expect(answer.status).toBe(401);
  });
});
