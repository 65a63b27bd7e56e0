import { SallyportClientError } from "@sallyport/client";
import { SallyportError } from "@sallyport/errors";
import { expect, test } from "vitest";
import { exitCodeOf } from "./exit-code.ts";
import { UsageError } from "./usage-error.ts";

test.each([
  ["policy.denied", 3],
  ["policy.separation", 3],
  ["token.revoked", 3],
  ["workload.revoked", 3],
  ["phi.integrity", 3],
  ["connection.untrusted", 3],
  ["trail.unavailable", 4],
  ["keys.unavailable", 4],
  ["connection.refused", 4],
  ["connection.lost", 4],
  ["service.limited", 4],
  ["trail.awaiting_evidence", 4],
  ["input.invalid", 2],
  ["input.not_found", 2],
  ["setting.invalid", 2],
  ["secret.missing", 2],
  ["secret.exposed", 2],
  ["packet.invalid", 1],
  ["packet.state", 1],
  ["input.idempotency_reused", 1],
  ["internal", 1],
] as const)("a call that ends in %s ends the command in %i", (code, exit) => {
  expect(exitCodeOf(new SallyportClientError(code))).toBe(exit);
});

test.each([
  ["bundle.unreadable", 2],
  ["bundle.exists", 2],
  ["custodian.locked", 1],
  ["custodian.store", 1],
  ["service.unavailable", 4],
  ["note.invalid", 1],
] as const)("a local %s ends the command in %i", (code, exit) => {
  expect(exitCodeOf(new SallyportError(code))).toBe(exit);
});

test("a command line that can't be understood ends in 2, and a failure of no known kind in 1", () => {
  expect(exitCodeOf(new UsageError("what"))).toBe(2);
  expect(exitCodeOf(new TypeError("x"))).toBe(1);
});
