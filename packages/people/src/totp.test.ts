import { seededBytes } from "@sallyport/testkit";
import { expect, test } from "vitest";
import { newTotpSecret, totpCode, totpStep, totpUri } from "./totp.ts";

/** RFC 6238, appendix B: the bytes "12345678901234567890", of whose eight digits the last six are ours. */
const SECRET = newTotpSecret(() => Buffer.from("1234567890".repeat(2)));

test.each([
  [59, "287082"],
  [1_111_111_109, "081804"],
  [1_111_111_111, "050471"],
  [1_234_567_890, "005924"],
  [2_000_000_000, "279037"],
  [20_000_000_000, "353130"],
])("the code at second %i is the one of RFC 6238", (second, code) => {
  expect(totpCode(SECRET, second * 1000)).toBe(code);
  expect(totpStep(SECRET, code, second * 1000)).toBe(Math.floor(second / 30));
});

test("a code is taken one step early or late and no further, and says which step it was", () => {
  const at = 1_234_567_890_000;
  const code = totpCode(SECRET, at);
  expect([-60_000, -30_000, 0, 30_000, 60_000].map((off) => totpStep(SECRET, code, at + off))).toEqual([null, 41_152_263, 41_152_263, 41_152_263, null]);
});

test.each(["", "05924", "0005924", "00592a", " 005924", "005924\n", "００５９２４"])("what isn't six ASCII digits is no code: %j", (code) => {
  expect(totpStep(SECRET, code, 1_234_567_890_000)).toBeNull();
});

test("a secret has 160 bits, and its URI says what an app needs", () => {
  const secret = newTotpSecret(seededBytes("totp"));
  expect(secret).toMatch(/^[A-Z2-7]{32}$/);
  expect(secret).not.toBe(newTotpSecret());
  expect(totpUri(secret, "Sallyport", "ada")).toBe(`otpauth://totp/Sallyport:ada?issuer=Sallyport&secret=${secret}&algorithm=SHA1&digits=6&period=30`);
});
