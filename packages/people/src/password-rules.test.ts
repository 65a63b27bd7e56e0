import { expect, test } from "vitest";
import { normalPassword, passwordFault } from "./password-rules.ts";

const NAMES = ["ada.lovelace", "Ada Lovelace"];

test.each(["correct horse battery", "vier graue Möwen am Kai", "kX9#qLw2!vBn7@z", "пароль из нескольких слов", "雨が降る前に洗濯物をたたむ黒い猫"])(
  "a password that nobody would guess is taken, without rules of composition: %s",
  (password) => {
    expect(passwordFault(password, NAMES)).toBeNull();
  },
);

test("fewer than fifteen characters are too few, counted after composition, and more than 256 are too many", () => {
  expect(passwordFault("kX9#qLw2!vBn7@", NAMES)).toBe("short");
  // Fifteen characters with combining marks that compose to fourteen.
  expect(passwordFault("kX9qLw2vBn7zte\u0301", NAMES)).toBe("short");
  expect(passwordFault("kX9#qLw2!vBn7@z".repeat(18), NAMES)).toBe("long");
});

test.each([
  "passwordpassword",
  "password1234567",
  "P@ssw0rd12345678",
  "aaaaaaaaaaaaaaaaaaaa",
  "abcabcabcabcabcabc",
  "123456789012345",
  "abcdefghijklmnopq",
  "qwertyuiopasdfghjkl",
  "sallyport-sallyport",
  "AdaLovelace1815!",
  "ada.lovelace.ada",
  "letmein-letmein-123",
])("what is guessed first is refused, however long: %s", (password) => {
  expect(passwordFault(password, NAMES)).toBe("known");
});

test("two spellings of one text are one password", () => {
  expect(normalPassword("ﬁancée")).toBe(normalPassword("fiance\u0301e"));
});
