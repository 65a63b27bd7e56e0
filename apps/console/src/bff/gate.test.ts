import { describe, expect, test } from "vitest";
import { isCarried, judgeCarried } from "./gate.ts";

const good: Record<string, string> = {
  host: "localhost:7400",
  origin: "http://localhost:7400",
  "x-sallyport": "1",
  "content-type": "application/json",
  "sec-fetch-site": "same-origin",
};

function judge(change: Record<string, string | undefined> = {}, url = "/api/call/people.list", isTls = false): string {
  const headers = Object.fromEntries(Object.entries({ ...good, ...change }).filter((pair): pair is [string, string] => pair[1] !== undefined));
  const verdict = judgeCarried({ url, headers, rawHeaders: Object.entries(headers).flat() }, isTls);
  return verdict.pass ? `${verdict.passage.kind} ${verdict.passage.path}` : `${verdict.status} ${verdict.code}`;
}

describe("what is carried to the api", () => {
  test("a procedure, a watch, or a step, asked for by a page of this origin", () => {
    expect(judge()).toBe("call people.list");
    expect(judge({}, "/api/watch/crossings.watch")).toBe("watch crossings.watch");
    expect(judge({}, "/api/session/sign-in/passkey-options")).toBe("session sign-in/passkey-options");
    expect(judge({ "content-type": "application/json; charset=utf-8", "sec-fetch-site": undefined })).toBe("call people.list");
    expect(judge({ origin: "https://localhost:7400" }, "/api/call/people.list", true)).toBe("call people.list");
  });

  test.each([
    ["another origin", { origin: "http://evil.example" }],
    ["no origin", { origin: undefined }],
    ["an opaque origin", { origin: "null" }],
    ["another port", { origin: "http://localhost:7401" }],
    ["another scheme", { origin: "https://localhost:7400" }],
    ["two origins in one", { origin: "http://localhost:7400, http://evil.example" }],
    ["another site, as the browser says it", { "sec-fetch-site": "cross-site" }],
    ["a sibling site", { "sec-fetch-site": "same-site" }],
    ["no header of ours", { "x-sallyport": undefined }],
    ["another value of it", { "x-sallyport": "true" }],
  ])("%s is refused by its origin", (_, change) => {
    expect(judge(change)).toBe("403 session.origin");
  });

  test.each([
    "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded",
    "text/plain",
    "text/plain; x=application/json",
    "application/json, text/plain",
    "application/jsonp",
    "",
    undefined,
  ])("a body of %j is refused by its type", (type) => {
    expect(judge({ "content-type": type })).toBe("415 input.media_type");
  });

  test("a packed body is refused: nothing is unpacked here", () => {
    expect(judge({ "content-encoding": "gzip" })).toBe("415 input.media_type");
  });

  test("a header that is sent twice counts as none", () => {
    const rawHeaders = [...Object.entries(good).flat(), "Origin", "http://evil.example"];
    expect(judgeCarried({ url: "/api/call/people.list", headers: good, rawHeaders }, false)).toMatchObject({ pass: false, code: "session.origin" });
  });

  test.each([
    "/api/call/secrets.list",
    "/api/call/people",
    "/api/call/people.list.more",
    "/api/call/people.list?batch=1",
    "/api/call/people.list,people.suspend",
    "/api/call/people.__proto__",
    "/api/call/../session/end",
    "/api/call/people%2Elist",
    "/api/watch/health",
    "/api/session/token",
    "/api/session/terminal/begin",
    "/api/session/end/",
    "/api/session/__proto__",
    "/api/session/constructor",
    "/api/call/",
    "/api/call",
  ])("%s is no passage", (url) => {
    expect([isCarried(url), judge({}, url)]).toEqual([true, "404 input.not_found"]);
  });

  const PART = "/api/upload/pkt_00000000000000000000000000/1/1048576";
  const part = { "content-type": "application/octet-stream", "content-length": "1048576" };

  test("a part of an upload is bytes of a length that is announced, from a page of this origin", () => {
    expect(judge(part, PART)).toBe("upload pkt_00000000000000000000000000/1/1048576");
    expect(judge({ ...part, origin: "http://evil.example" }, PART)).toBe("403 session.origin");
    expect(judge({ ...part, "x-sallyport": undefined }, PART)).toBe("403 session.origin");
    for (const type of ["application/json", "application/octet-stream; charset=utf-8", "text/plain", "", undefined])
      expect([type, judge({ ...part, "content-type": type }, PART)]).toEqual([type, "415 input.media_type"]);
    expect(judge({ ...part, "content-encoding": "gzip" }, PART)).toBe("415 input.media_type");
    for (const length of [undefined, "", "0", "-1", "01", "1e6", "1,1"])
      expect([length, judge({ ...part, "content-length": length }, PART)]).toEqual([length, "400 input.invalid"]);
    expect(judge({ "content-type": "application/octet-stream" }, "/api/call/packets.begin")).toBe("415 input.media_type");
  });

  test.each(["/1/01", "/01/0", "/0/0", "/1/-1", "/1/0/", "/1", "/1/0?x=1", "/100/0", "/1/99999999999"])("a part at %s is no passage", (tail) => {
    const url = `/api/upload/pkt_00000000000000000000000000${tail}`;
    expect([isCarried(url), judge(part, url)]).toEqual([true, "404 input.not_found"]);
  });

  test("nothing else is the carrier's", () => {
    for (const url of ["/", "/api/status", "/api/callx/people.list", "/apix/call/a.b", "/me"]) expect(isCarried(url)).toBe(false);
  });
});
