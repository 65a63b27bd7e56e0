import { canonicalJson } from "@sallyport/crypto";
import { expect, test } from "vitest";
import { bothSign, heldKey as keyOf, turnOf as turn } from "./testing/held-key.ts";
import { isKeyAmong, keysBehind, openHandover, signHandover } from "./index.ts";

const invalid = expect.objectContaining({ code: "note.invalid" }) as Error;
const at = "2026-01-02T03:04:05.678Z";
const [first, second, third] = [keyOf("first"), keyOf("second"), keyOf("third")];

test("a handover is signed by both keys, and read back", () => {
  expect(openHandover(turn(first, second))).toEqual({ from: first.vkey, to: second.vkey, at });
});

test("a handover that one of them didn't sign, or that says anything else, is refused", () => {
  const note = turn(first, second);
  const lines = note.split("\n");
  const said = { v: 1, from: first.vkey, to: second.vkey, at };
  const signed = (value: unknown, title = "sallyport-handover-v1", more = ""): string => bothSign(`${title}\n${canonicalJson(value)}\n${more}`, first, second);
  expect(openHandover(signed(said))).toEqual({ from: first.vkey, to: second.vkey, at });
  for (const refused of [
    [...lines.slice(0, 3), lines[3], ""].join("\n"),
    [...lines.slice(0, 3), lines[4], ""].join("\n"),
    note.replace("678Z", "679Z"),
    signed(said, "sallyport-handover-v2"),
    signed(said, undefined, "anything\n"),
    // It is read up to the first empty line, and signed up to the last.
    signed(said, undefined, "\nanything\n"),
    signed({ ...said, v: 2 }),
    signed({ ...said, more: "" }),
    signed({ ...said, at: "yesterday" }),
    signed({ ...said, to: first.vkey }),
    signed({ ...said, to: "nobody" }),
    signed({ ...said, to: keyOf("second", "dother").vkey }),
    "",
  ])
    expect(() => openHandover(refused), refused).toThrow(invalid);
  expect(() => turn(first, first)).toThrow(invalid);
  expect(() => signHandover({ from: first.vkey, to: second.vkey, at }, first.signer, third.signer)).toThrow(invalid);
});

test("the keys behind one are those that lead to it, and never those that follow", () => {
  const handovers = [turn(second, third), turn(first, second)];
  expect(keysBehind(third.vkey, handovers)).toEqual([third.vkey, second.vkey, first.vkey]);
  expect(keysBehind(second.vkey, handovers)).toEqual([second.vkey, first.vkey]);
  expect(keysBehind(first.vkey, handovers)).toEqual([first.vkey]);
  expect(keysBehind(third.vkey, [])).toEqual([third.vkey]);
  // One that was turned back: each leads to the other.
  expect(keysBehind(first.vkey, [turn(first, second), turn(second, first)])).toEqual([first.vkey, second.vkey]);
  expect(isKeyAmong(first.fingerprint, keysBehind(third.vkey, handovers))).toBe(true);
  expect(isKeyAmong(third.fingerprint, keysBehind(first.vkey, handovers))).toBe(false);
});

test("handovers of another deployment, of one key alone, or too many are refused with all of them", () => {
  const [theirs, theirNext] = [keyOf("first", "dother"), keyOf("second", "dother")];
  expect(() => keysBehind(second.vkey, [turn(first, second), turn(theirs, theirNext)])).toThrow(invalid);
  expect(() => keysBehind(second.vkey, [turn(first, second).split("\n").slice(0, 4).join("\n").concat("\n")])).toThrow(invalid);
  expect(() =>
    keysBehind(
      second.vkey,
      Array.from({ length: 65 }, () => turn(first, second)),
    ),
  ).toThrow(invalid);
});
