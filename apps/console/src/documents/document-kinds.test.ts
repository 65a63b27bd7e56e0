import { expect, test } from "vitest";
import { copyName, kindOf, KINDS, type ShownSignature, standingOf } from "./document-kinds.ts";

const signature = (over: Partial<ShownSignature>): ShownSignature => ({ state: "valid", why: null, standing: "proven", method: "passkey", ...over }) as ShownSignature;

test("a broken signature is never told as anything else, and what the server attested is never told as verified", () => {
  expect(standingOf(signature({ state: "broken", why: "other document" }))).toEqual({ text: "broken: other document", tone: "shut" });
  expect(standingOf(signature({}))).toEqual({ text: "verified", tone: "stands" });
  expect(standingOf(signature({ standing: "attested" })).tone).toBe("caution");
  expect(standingOf(signature({ method: "server-attested", standing: null }))).toEqual({ text: "server-attested", tone: "caution" });
  expect(standingOf(signature({ state: "unproven", method: "server-attested" })).text).toMatch(/^unproven/);
  expect(standingOf(signature({ state: "revoked" })).text).toBe("revoked");
});

test("a copy is called by what it is, and a word that is no kind is none", () => {
  expect(copyName("doc_1", { version: 2, mediaType: "application/pdf" })).toBe("doc_1-v2.pdf");
  expect(KINDS.map(({ id }) => kindOf(id)?.id)).toEqual(["sequences", "correspondence", "credentials"]);
  expect(kindOf("constructor")).toBeNull();
});
