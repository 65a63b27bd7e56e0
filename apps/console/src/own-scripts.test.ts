import { describe, expect, test } from "vitest";
import { ownScript } from "./own-scripts.ts";

const HOME = "https://console.example";

describe("a script that is loaded later", () => {
  test.each(["/_next/static/chunks/0a1b2c.js", "/_next/static/chunks/app/page-~x.js", "/verifier/worker.js", "/pdf/worker.mjs", `${HOME}/_next/static/chunks/a.js`])(
    "may be %s, a file of this build",
    (address) => {
      expect(ownScript(address, HOME)).toBe(new URL(address, HOME).pathname);
    },
  );

  test.each([
    "https://elsewhere.example/_next/static/chunks/a.js",
    "//elsewhere.example/_next/static/chunks/a.js",
    "/\\elsewhere.example/_next/static/chunks/a.js",
    "http://console.example/_next/static/chunks/a.js",
    "/api/call/x.js",
    "/_next/static/../../api/x.js",
    "/_next/static/%2e%2e/x.js",
    "/_next/static/chunks/a.js?x=1",
    "/_next/static/chunks/a.txt",
    "/_next/data/a.js",
    "/verifier/worker.js?x=1",
    "/pdf/worker.mjs#x",
    "/pdf/decoders/openjpeg_nowasm_fallback.js",
    "/verifier/sallyport-verify.mjs",
    "data:text/javascript,alert(1)",
    "blob:https://console.example/1",
    "javascript:alert(1)",
    "",
  ])("is never %s", (address) => {
    expect(() => ownScript(address, HOME)).toThrow(TypeError);
  });
});
