import { describe, expect, test } from "vitest";
import { dropHeaders, isDroppedHeader, judgeRequest, type RequestLine } from "./request-filter.ts";

const home = { isOurs: (hostname: string) => hostname === "localhost", redirectTo: "http://localhost:7400" };

function judge(change: { method?: string; url?: string; headers?: Record<string, string>; rawHeaders?: string[] }): string {
  const headers = { host: "localhost:7400", ...change.headers };
  const request: RequestLine = { method: "GET", url: "/", rawHeaders: Object.entries(headers).flat(), ...change, headers };
  const judgement = judgeRequest(request, home);
  return judgement.pass ? "pass" : `${judgement.status}${judgement.headers["location"] === undefined ? "" : ` ${judgement.headers["location"]}`}`;
}

describe("what Next gets to see", () => {
  test.each(["/", "/api/status", "/_next/static/chunks/a.js", "/icon.svg?x", "/?_rsc=1abc", "/a%20b"])("%s passes", (url) => {
    expect(judge({ url })).toBe("pass");
    expect(judge({ url, method: "HEAD" })).toBe("pass");
  });

  test.each(["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", ""])("%s is answered with 405", (method) => {
    expect(judge({ method })).toBe("405");
  });

  test.each(["http://evil.example/", "//evil.example/", "evil.example:443", "*", "", "/\\evil.example", "/a\r\nb", "/\0", "/é"])("the target %j is answered with 400", (url) => {
    expect(judge({ url })).toBe("400");
  });

  test.each(["/_next/image", "/_next/image?url=%2Fa&w=64&q=1", "/_NEXT/image/", "/_next/data/build/index.json", "/__nextjs_original-stack-frames", "/_next/webpack-hmr"])(
    "%s is answered with 404",
    (url) => {
      expect(judge({ url })).toBe("404");
    },
  );

  test("an upgrade or a body is answered with 400", () => {
    for (const headers of [{ upgrade: "websocket" }, { "transfer-encoding": "chunked" }, { "content-length": "1" }, { "content-length": "x" }] as Record<string, string>[])
      expect(judge({ headers })).toBe("400");
    expect(judge({ headers: { "content-length": "0" } })).toBe("pass");
  });

  test("another host is sent to localhost, path and query kept, and never to itself", () => {
    expect(judge({ headers: { host: "127.0.0.1:7400" }, url: "/a?b=c" })).toBe("308 http://localhost:7400/a?b=c");
    expect(judge({ headers: { host: "[::1]:7400" } })).toBe("308 http://localhost:7400/");
    expect(judge({ headers: { host: "evil.example" } })).toBe("308 http://localhost:7400/");
    expect(judge({ headers: { host: "LOCALHOST" } })).toBe("pass");
  });

  test("a host that is missing, malformed or there twice is answered with 400", () => {
    for (const host of ["", "localhost:7400, evil", "user@localhost", "localhost:", "localhost:7400/evil"]) expect(judge({ headers: { host } })).toBe("400");
    expect(judge({ rawHeaders: ["Host", "localhost", "host", "evil.example"] })).toBe("400");
  });

  test("where nothing is redirected, another host is answered with 421", () => {
    const request: RequestLine = { method: "GET", url: "/", headers: { host: "evil.example" }, rawHeaders: ["host", "evil.example"] };
    expect(judgeRequest(request, { ...home, redirectTo: null })).toMatchObject({ pass: false, status: 421 });
  });

  test("a target of more than 2048 characters is answered with 414", () => {
    expect(judge({ url: `/${"a".repeat(2047)}` })).toBe("pass");
    expect(judge({ url: `/${"a".repeat(2048)}` })).toBe("414");
  });
});

describe("headers that Next would believe", () => {
  const bad = [
    "X-Middleware-Subrequest",
    "x-middleware-rewrite",
    "Next-Resume",
    "Next-Action",
    "x-nextjs-data",
    "x-invoke-path",
    "x-matched-path",
    "X-Forwarded-Host",
    "Forwarded",
    "x-prerender-revalidate",
    "Content-Security-Policy",
    "x-nonce",
  ];

  test.each(bad)("%s is dropped, whatever its case", (name) => {
    expect([isDroppedHeader(name), isDroppedHeader(name.toUpperCase()), isDroppedHeader(name.toLowerCase())]).toEqual([true, true, true]);
  });

  test("they go from both forms of the request, and the others stay", () => {
    const rawHeaders = ["Host", "localhost", ...bad.flatMap((name) => [name, "1"]), "Accept", "next-action"];
    const request = { headers: Object.fromEntries([["host", "localhost"], ...bad.map((name) => [name.toLowerCase(), "1"]), ["accept", "next-action"]]), rawHeaders };
    dropHeaders(request);
    expect(request).toEqual({ headers: { host: "localhost", accept: "next-action" }, rawHeaders: ["Host", "localhost", "Accept", "next-action"] });
  });
});
