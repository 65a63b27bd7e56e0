import { SallyportClientError } from "@sallyport/client";
import { SallyportError } from "@sallyport/errors";
import { expect, test } from "vitest";
import { failureDocument, failureLines } from "./failure-text.ts";

test("a failure says what happened, where, what to do, and what to quote", () => {
  const lines = failureLines(new SallyportClientError("packet.invalid", { requestId: "req_9", where: ["row 3", "AGE"] }));
  expect(lines[0]).toMatch(/Nothing was stored/);
  expect(lines.slice(1, 3)).toEqual(["  at row 3", "  at AGE"]);
  expect(lines.at(-1)).toBe("  [packet.invalid, request req_9]");
});

test("an operator's failure shows names and places, and nothing else of its context", () => {
  const failure = new SallyportError("setting.invalid", { setting: "SALLYPORT_API_PORT", reason: "is not a port", remedy: "use 1 to 65535", url: "postgres://u:secret@h/db" });
  const document = failureDocument(failure);
  expect(document).toMatchObject({ code: "setting.invalid", remedy: "use 1 to 65535", where: ["setting: SALLYPORT_API_PORT", "reason: is not a port"] });
  expect(JSON.stringify(document)).not.toContain("secret@");
});

test("a key is offered only where the act may stand", () => {
  const key = { idempotencyKey: "0123456789abcdef" };
  expect(failureLines(new SallyportClientError("connection.lost", key)).join("\n")).toContain("--idempotency-key 0123456789abcdef");
  expect(failureLines(new SallyportClientError("policy.denied", key)).join("\n")).not.toContain("0123456789abcdef");
});
