import { ed25519FromSeed } from "@sallyport/crypto";
import { seededBytes } from "@sallyport/testkit";
import { expect, test } from "vitest";
import { cosign, cosignedAt, parseWitnessRequest, signNote, vkeyOf, witnessKeyOf, witnessName, witnessRequestText } from "./index.ts";

const invalid = expect.objectContaining({ code: "note.invalid" }) as Error;
const { privateKey, raw } = ed25519FromSeed(seededBytes("witness")(32));
const witness = { name: "witness.example/w1", privateKey };
const vkey = witnessKeyOf(witness.name, raw);
const text = "dabcdefghijkl.sallyport/system/1\n7\n3Hp30nljPUXq0YGBiwxPD94ITq1P4wTHbch3SIj31Zs=\n";

test("a cosignature tells when its checkpoint was cosigned, and stands beside those of others", () => {
  const line = cosign(text, witness, 1_679_315_147);
  expect(cosignedAt(text, line, vkey)).toBe(1_679_315_147);
  const other = ed25519FromSeed(seededBytes("other")(32));
  const stranger = cosign(text, { name: "witness.example/w2", privateKey: other.privateKey }, 1_679_315_000);
  expect(cosignedAt(text, `${stranger}${line}`, vkey)).toBe(1_679_315_147);
});

test("the bytes of a cosignature are kept forever", () => {
  expect(vkey).toMatchInlineSnapshot(`"witness.example/w1+d7e0878f+BC1Kr+VVu5Z4wFzlAjSnaUL8kzlJSzzUrVyJDISsiVZG"`);
  expect(cosign(text, witness, 1_679_315_147)).toMatchInlineSnapshot(`
    "— witness.example/w1 1+CHjwAAAABkGFDLXchaMMNxmBvSe3TXATCJ9XX+nJofir4cFVIUB1w+XM43m0VhpJbPptILZMkeuhgVD2DUXOnd9rHoogVn/BBKCA==
    "
  `);
});

test("a cosignature of another text, time, key or form is refused", () => {
  const line = cosign(text, witness, 1_679_315_147);
  const forged = ed25519FromSeed(seededBytes("other")(32));
  for (const [body, lines] of [
    [text.replace("\n7\n", "\n8\n"), line],
    [text, line.slice(0, -1)],
    [text, ""],
    [text, "\n"],
    [text, cosign(text, { name: witness.name, privateKey: forged.privateKey }, 1)],
    [text, signNote(text, witness).slice(text.length + 1)],
    [text, `${line}${line.replace(/.{8}\n$/, "AAAAAAA=\n")}`],
  ] as const) {
    expect(() => cosignedAt(body, lines, vkey)).toThrow(invalid);
  }
  expect(() => cosign(text.slice(0, -1), witness, 1)).toThrow(RangeError);
  expect(() => cosign(text, witness, -1)).toThrow(RangeError);
});

test("a witness's key is of its own type", () => {
  expect(witnessName(vkey)).toBe(witness.name);
  expect(() => witnessName(vkeyOf(witness.name, raw))).toThrow(invalid);
});

test("a request to a witness is read as it is spelt, and no other way", () => {
  const request = { oldSize: 3, proof: [Buffer.alloc(32, 1), Buffer.alloc(32, 2)], note: `${text}\n\u2014 x AAAAAAA=\n` };
  const body = witnessRequestText(request);
  expect(parseWitnessRequest(body)).toEqual(request);
  expect(parseWitnessRequest(witnessRequestText({ ...request, oldSize: 0, proof: [] }))).toEqual({ ...request, oldSize: 0, proof: [] });
  for (const other of [
    "",
    "old 3",
    body.replace("old 3", "old 03"),
    body.replace("old 3", "new 3"),
    body.replace("old 3", "old 9999999999999999"),
    body.replace("AQ", "A"),
    `old 1\n${"x\n".repeat(64)}\n${text}`,
  ]) {
    expect(() => parseWitnessRequest(other)).toThrow(invalid);
  }
});
