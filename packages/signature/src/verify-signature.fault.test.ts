import { sha256Hex } from "@sallyport/crypto";
import { codeOf } from "@sallyport/errors";
import { type Defence, faultTest } from "@sallyport/testkit";
import { expect } from "vitest";
import { manifestOf, SigningDesk } from "../test/signing-desk.ts";
import type { SignatureManifest } from "./signature-manifest.ts";
import { type SignatureRules, type SignedManifest, strictSignatureRules, verifySignature } from "./verify-signature.ts";

/** What verifying ends in by every rule, or by all but this one. */
function verdict(desk: SigningDesk, signed: SignedManifest, rule: keyof SignatureRules, defence: Defence, beside: Partial<SignatureManifest> = {}): string {
  try {
    verifySignature(signed, { vkeys: [desk.key.vkey], beside }, { ...strictSignatureRules, [rule]: defence === "on" });
    return "verifies";
  } catch (error) {
    return codeOf(error);
  }
}

faultTest("S6", "a signature that is put beside another document with the very same bytes doesn't verify", async (defence) => {
  const desk = await SigningDesk.open();
  const [one, other] = [manifestOf(), manifestOf()].map((text) => JSON.parse(text) as SignatureManifest);
  expect(one?.sha256).toBe(other?.sha256);
  expect(verdict(desk, desk.sign(manifestOf(one)), "place", defence, { document: other?.document ?? "" })).toBe("signature.invalid");
});

faultTest("S6", "an assertion over one manifest is none over another, whatever note stands with it", async (defence) => {
  const desk = await SigningDesk.open();
  const [mine, other] = [manifestOf(), manifestOf()];
  const moved = desk.sign(other, { wrong: { challenge: Buffer.from(sha256Hex(mine), "hex") } });
  expect(verdict(desk, moved, "challenge", defence)).toBe("signature.invalid");
});

faultTest("S6", "a countersignature of another manifest makes none of this one", async (defence) => {
  const desk = await SigningDesk.open();
  const [signed, other] = [desk.sign(manifestOf()), desk.sign(manifestOf())];
  expect(verdict(desk, { ...signed, note: other.note }, "countersigned", defence)).toBe("signature.invalid");
});

faultTest("S8", "a signature that was given after its manifest's five minutes doesn't verify", async (defence) => {
  const desk = await SigningDesk.open();
  expect(verdict(desk, desk.sign(manifestOf(), { note: { at: "2026-01-02T03:09:05.000Z" } }), "inTime", defence)).toBe("signature.invalid");
});

faultTest("S8", "what was signed at another site's page doesn't verify", async (defence) => {
  const desk = await SigningDesk.open();
  expect(verdict(desk, desk.sign(manifestOf(), { wrong: { origin: "https://elsewhere.example" } }), "origin", defence)).toBe("signature.invalid");
});

faultTest("S1", "a signature whose authenticator didn't verify its user doesn't verify", async (defence) => {
  const desk = await SigningDesk.open();
  expect(verdict(desk, desk.sign(manifestOf(), { wrong: { userVerified: false } }), "userVerified", defence)).toBe("signature.invalid");
});

faultTest("S6", "a passkey's signature over other bytes doesn't verify", async (defence) => {
  const desk = await SigningDesk.open(-7);
  const [signed, other] = [desk.sign(manifestOf()), desk.sign(manifestOf())];
  const { signature } = JSON.parse(other.assertion) as { signature: string };
  const forged = JSON.stringify({ ...(JSON.parse(signed.assertion) as object), signature });
  expect(verdict(desk, { ...signed, assertion: forged }, "signature", defence)).toBe("signature.invalid");
});

faultTest("S7", "an author's approval of their own document doesn't verify", async (defence) => {
  const desk = await SigningDesk.open();
  const { person } = JSON.parse(manifestOf()) as SignatureManifest;
  expect(verdict(desk, desk.sign(manifestOf({ person, author: person, meaning: "approval" })), "separation", defence)).toBe("signature.invalid");
});
