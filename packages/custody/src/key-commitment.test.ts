import { expect, test } from "vitest";
import { assertCommitted, joinWrapped, keyCommitment, splitWrapped } from "./key-commitment.ts";

const context = { purpose: "subject", id: "sub_1", study: "S", site: "701" } as const;
const key = Buffer.alloc(32, 7);
const sealed = `sk1.kek-1.${Buffer.alloc(60, 1).toString("base64url")}`;
const wrapped = joinWrapped(sealed, keyCommitment(context, key));

test("the stored form keeps the wrapped key and its commitment apart", () => {
  expect(splitWrapped(wrapped)).toEqual({ sealed, commitment: keyCommitment(context, key) });
});

test("the very key is taken, and no other", () => {
  assertCommitted(context, wrapped, key);
  expect(() => assertCommitted(context, wrapped, Buffer.alloc(32, 8))).toThrow("keys.unavailable");
  expect(() => assertCommitted({ ...context, site: "704" }, wrapped, key)).toThrow("keys.unavailable");
});

test.each(["", "sk1.kek-1.", "sk2.kek-1.AAAA", `${wrapped}.x`, `${wrapped}=`, "sk1.kek-1.AAAA"])("%j is no wrapped key", (text) => {
  expect(() => splitWrapped(text)).toThrow("phi.integrity");
});
