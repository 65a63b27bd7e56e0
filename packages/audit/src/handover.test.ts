import { canonicalJson } from "@sallyport/crypto";
import { expect, test } from "vitest";
import { checkpointPair } from "./testing/memory-bundle.ts";
import { checkpointKeyName, isKeyAmong, keyFingerprint, keysBehind, openHandover, signHandover, signNote, vkeyOf } from "./index.ts";

const invalid = expect.objectContaining({ code: "note.invalid" }) as Error;
const name = checkpointKeyName("dabcdefghijkl");
const at = "2026-01-02T03:04:05.678Z";
const keyOf = (seed: string, under = name) => {
  const pair = checkpointPair(seed);
  return { vkey: vkeyOf(under, pair.raw), signer: { name: under, privateKey: pair.privateKey }, fingerprint: keyFingerprint(pair.raw) };
};
const [first, second, third] = [keyOf("first"), keyOf("second"), keyOf("third")];
const turn = (from: typeof first, to: typeof first): string => signHandover({ from: from.vkey, to: to.vkey, at }, from.signer, to.signer);

test("a handover is signed by both keys, and read back", () => {
  expect(openHandover(turn(first, second))).toEqual({ from: first.vkey, to: second.vkey, at });
});

test("a handover that one of them didn't sign, or that says anything else, is refused", () => {
  const note = turn(first, second);
  const lines = note.split("\n");
  const said = { v: 1, from: first.vkey, to: second.vkey, at };
  const bothSign = (value: unknown, title = "sallyport-handover-v1"): string => {
    const text = `${title}\n${canonicalJson(value)}\n`;
    return signNote(text, first.signer) + signNote(text, second.signer).slice(text.length + 1);
  };
  expect(openHandover(bothSign(said))).toEqual({ from: first.vkey, to: second.vkey, at });
  for (const refused of [
    [...lines.slice(0, 3), lines[3], ""].join("\n"),
    [...lines.slice(0, 3), lines[4], ""].join("\n"),
    note.replace("678Z", "679Z"),
    bothSign(said, "sallyport-handover-v2"),
    bothSign({ ...said, v: 2 }),
    bothSign({ ...said, more: "" }),
    bothSign({ ...said, at: "yesterday" }),
    bothSign({ ...said, to: first.vkey }),
    bothSign({ ...said, to: "nobody" }),
    bothSign({ ...said, to: keyOf("second", "dother.sallyport").vkey }),
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
  const [theirs, theirNext] = [keyOf("first", "dother.sallyport"), keyOf("second", "dother.sallyport")];
  expect(() => keysBehind(second.vkey, [turn(first, second), turn(theirs, theirNext)])).toThrow(invalid);
  expect(() => keysBehind(second.vkey, [turn(first, second).split("\n").slice(0, 4).join("\n").concat("\n")])).toThrow(invalid);
  expect(() =>
    keysBehind(
      second.vkey,
      Array.from({ length: 65 }, () => turn(first, second)),
    ),
  ).toThrow(invalid);
});
