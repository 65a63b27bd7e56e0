import { sha256 } from "@sallyport/crypto";
import { type LedgerRules, type SigningRules, strictLedgerRules, strictSigningRules } from "@sallyport/custody/credentials";
import { codeOf } from "@sallyport/errors";
import { type Defence, faultTest } from "@sallyport/testkit";
import { expect } from "vitest";
import { founders } from "../test/people.ts";
import { type Running, start } from "../test/running.ts";
import { manifestFor, signAs } from "../test/signing.ts";

const outcome = (work: Promise<unknown>): Promise<string> => work.then(() => "done", codeOf);
/** A custodian that keeps every rule of signing, or all but this one. */
const without = (rule: keyof SigningRules, defence: Defence): Promise<Running> => start({}, { signingRules: { ...strictSigningRules, [rule]: defence === "on" } });
const withoutLedger = (rule: keyof LedgerRules, defence: Defence): Promise<Running> => start({}, { rules: { ...strictLedgerRules, [rule]: defence === "on" } });

faultTest("S8", "what was to be signed is countersigned once: another assertion over it gets nothing", async (defence) => {
  const running = await without("once", defence);
  const [ada] = await founders(running);
  const manifest = manifestFor(running, ada);
  await signAs(running, ada, manifest);
  expect(await outcome(signAs(running, ada, manifest))).toBe("signature.challenge");
});

faultTest("S8", "a signature is countersigned within five minutes by the custodian's own clock", async (defence) => {
  const running = await without("inTime", defence);
  const [ada] = await founders(running);
  const manifest = manifestFor(running, ada);
  running.clock.advance(300_000);
  expect(await outcome(signAs(running, ada, manifest))).toBe("signature.challenge");
});

faultTest("S8", "nobody signs in another person's name: their passkey isn't that person's", async (defence) => {
  const running = await withoutLedger("ownCredential", defence);
  const [ada, bob] = await founders(running);
  expect(await outcome(signAs(running, bob, manifestFor(running, ada)))).toBe("stepup.failed");
});

faultTest("S8", "an assertion over another manifest signs nothing", async (defence) => {
  const running = await start();
  const [ada] = await founders(running);
  const [shown, swapped] = [manifestFor(running, ada), manifestFor(running, ada)];
  const response = ada.authenticator.assert(sha256(shown));
  expect(await outcome(running.client.approve({ kind: "sign", manifest: defence === "on" ? swapped : shown, response }, 2000))).toBe("stepup.failed");
});

faultTest("S7", "an author's approval of their own document isn't countersigned", async (defence) => {
  const running = await without("separation", defence);
  const [ada] = await founders(running);
  expect(await outcome(signAs(running, ada, manifestFor(running, ada, { author: ada.id })))).toBe("policy.separation");
});

faultTest("S1", "a signature by a passkey whose user wasn't verified is refused by the custodian", async (defence) => {
  const running = await withoutLedger("userVerified", defence);
  const [ada] = await founders(running);
  expect(await outcome(signAs(running, ada, manifestFor(running, ada), { userVerified: false }))).toBe("stepup.failed");
});
