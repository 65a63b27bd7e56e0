import { cosign, witnessKeyOf } from "@sallyport/audit";
import { badTurns, heldKey, turnOf } from "@sallyport/audit/testing";
import { canonicalJson, generateEd25519 } from "@sallyport/crypto";
import { faultTest } from "@sallyport/testkit";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { manifestOf, SigningDesk } from "../test/signing-desk.ts";
import { parseReceipt, receiptText } from "./signature-receipt.ts";
import { strictReceiptRules, verifyReceipt } from "./verify-receipt.ts";

let desk: SigningDesk;
let other: SigningDesk;
beforeAll(async () => {
  desk = await SigningDesk.open(-7);
  other = await SigningDesk.open();
});
const why = (text: string, fingerprint?: string): string => {
  const { whole, breaks, reads } = verifyReceipt(text, fingerprint === undefined ? {} : { fingerprint });
  return whole ? reads : (breaks[0]?.why ?? "");
};

test("a receipt says who signed what, when and by what, and whether its key was compared", () => {
  const receipt = desk.receipt(desk.sign(manifestOf({ meaning: "approval", site: null })));
  const verdict = verifyReceipt(receipt, { fingerprint: desk.key.fingerprint });
  expect(verdict).toMatchObject({ whole: true, pinned: true, reads: "whole", chain: "system", records: 1, asOf: "2026-01-02T03:05:00.000Z", fingerprint: desk.key.fingerprint });
  expect(verdict.signature).toMatchObject({ standing: "proven", manifest: { printedName: "Zoë Łuczak", meaning: "approval" } });
  expect(verdict.proves.join("\n")).toMatch(/Zoë Łuczak.*\n.*version 2 of doc_.*It says: approval\.\n.*record 2 of chain system, one of the 3/);
  expect(verdict.doesNotProve.join("\n")).toContain("revoked");
  expect(why(receipt)).toBe("self-consistent, key not pinned");
  expect(why(receipt, other.key.fingerprint)).toContain("another key");
});

test("where a witness's key is given, a receipt holds by that one's cosignature of its checkpoint alone", () => {
  const [seer, stranger] = [generateEd25519(), generateEd25519()];
  const bare = desk.receipt(desk.sign(manifestOf()));
  const parts = parseReceipt(bare);
  const note = parts.proof.slice(parts.proof.indexOf("\n\n") + 2);
  const line = cosign(note.slice(0, note.indexOf("\n\n") + 1), { name: "witness.example/w1", privateKey: seer.privateKey }, 1_767_326_500);
  const seen = receiptText({ ...parts, proof: `${parts.proof}${line}` });
  const held = (text: string, raw: Buffer): boolean => verifyReceipt(text, { fingerprint: desk.key.fingerprint, witness: witnessKeyOf("witness.example/w1", raw) }).whole;
  expect([held(seen, seer.raw), held(seen, stranger.raw), held(bare, seer.raw)]).toEqual([true, false, false]);
  expect([why(seen, desk.key.fingerprint), why(bare, desk.key.fingerprint)]).toEqual(["whole", "whole"]);
});

test("what the server attested alone says so, and claims no more", () => {
  const manifest = manifestOf({ method: "server-attested" });
  const verdict = verifyReceipt(desk.receipt({ manifest }), { fingerprint: desk.key.fingerprint });
  expect([verdict.whole, verdict.signature?.standing]).toEqual([true, null]);
  expect(verdict.proves[0]).toMatch(/^By the word of the server alone/);
  expect(verdict.doesNotProve[0]).toContain("no key of theirs signed");
  // A passkey's signature with its assertion taken away is none.
  expect(why(desk.receipt({ manifest: manifestOf() }))).toContain("manifest");
  const { person } = JSON.parse(manifest) as { person: string };
  expect(why(desk.receipt({ manifest: manifestOf({ method: "server-attested", person, author: person, meaning: "approval" }) }))).toContain("separation");
});

test("a passkey that was taken in upon the api's word is named so", () => {
  const { doesNotProve, signature } = verifyReceipt(desk.receipt(desk.sign(manifestOf(), { note: { standing: "attested" } })));
  expect(signature?.standing).toBe("attested");
  expect(doesNotProve.join("\n")).toContain("the api's word");
});

test("with any byte of it changed, a receipt doesn't hold", () => {
  const bytes = Buffer.from(desk.receipt(desk.sign(manifestOf())), "utf8");
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 127 }), (at, by) => {
      const changed = Buffer.from(bytes);
      const place = at % bytes.length;
      changed.writeUInt8(changed.readUInt8(place) ^ by, place);
      const verdict = verifyReceipt(changed.toString("utf8"), { fingerprint: desk.key.fingerprint });
      expect([verdict.whole, verdict.signature, verdict.proves]).toEqual([false, null, []]);
    }),
    { numRuns: 400 },
  );
});

test("no text whatever makes verifying throw", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json(), fc.constant('{"a":"\\ud800"}\n')), (text) => !verifyReceipt(text).whole));
});

faultTest("S6", "a receipt whose record is of another signature, another act, or another site doesn't hold", (defence) => {
  const rules = { ...strictReceiptRules, recorded: defence === "on" };
  const signed = desk.sign(manifestOf());
  for (const recorded of [
    { detail: "signature=sig_0;digest=0" },
    { action: "document.read" },
    { decision: "deny" },
    { resource: "doc_0" },
    { chain: "site:CDISCPILOT01/704" },
    { chain: "system" },
  ])
    expect([recorded, verifyReceipt(desk.receipt(signed, recorded), {}, rules).whole]).toEqual([recorded, false]);
  return Promise.resolve();
});

faultTest("S6", "a receipt whose record was proven under another key than its signature doesn't hold", (defence) => {
  const rules = { ...strictReceiptRules, oneKey: defence === "on" };
  const signed = desk.sign(manifestOf());
  const { proof } = parseReceipt(other.receipt(signed));
  const mixed = receiptText({ ...parseReceipt(desk.receipt(signed)), proof });
  expect(verifyReceipt(mixed, {}, rules).whole).toBe(false);
  return Promise.resolve();
});

const [first, second, third] = [heldKey("first"), heldKey("second"), heldKey("third")];
/** Of a signature that the first key countersigned, handed out when the second one had followed. */
const turned = (): string => desk.receipt(desk.sign(manifestOf(), { by: first }), {}, { states: second, handovers: [turnOf(first, second)] });

test("a countersignature of an earlier key's time counts, and so does that key's fingerprint", () => {
  const receipt = turned();
  expect([why(receipt, second.fingerprint), why(receipt, first.fingerprint), why(receipt)]).toEqual(["whole", "whole", "self-consistent, key not pinned"]);
  const verdict = verifyReceipt(receipt, { fingerprint: first.fingerprint });
  expect(verdict).toMatchObject({ pinned: true, fingerprint: second.fingerprint, handedOver: [{ from: first.fingerprint, to: second.fingerprint }] });
  expect(verdict.proves.join("\n")).toContain(`${first.fingerprint}, handed over to ${second.fingerprint}`);
  expect(verifyReceipt(receipt, { fingerprint: second.fingerprint }).proves.join("\n")).not.toContain("handed over");
  // What is made in the moment of the turn, under a checkpoint by the key before, is stated by that one.
  const atTheTurn = desk.receipt(desk.sign(manifestOf(), { by: first }), {}, { states: first, handovers: [turnOf(first, second)] });
  expect([why(atTheTurn, first.fingerprint), why(atTheTurn, second.fingerprint)]).toEqual(["whole", expect.stringContaining("another key")]);
});

test.each(badTurns(first, second))("with a handover that %s, a receipt doesn't hold by the earlier key", (_name, handovers) => {
  const receipt = desk.receipt(desk.sign(manifestOf(), { by: second }), {}, { states: second, handovers });
  expect(verifyReceipt(receipt, { fingerprint: first.fingerprint }).whole).toBe(false);
});

test("a countersignature by a key that nothing leads to makes no receipt", () => {
  const keys = { states: second, handovers: [turnOf(first, second), turnOf(second, third)] };
  expect(why(desk.receipt(desk.sign(manifestOf(), { by: second }), {}, keys))).toBe("self-consistent, key not pinned");
  expect(why(desk.receipt(desk.sign(manifestOf(), { by: third }), {}, keys))).toContain("countersignature");
});

faultTest("S6", "who has an earlier key can't make a receipt that holds by the key of now: its record is under that very key", (defence) => {
  const rules = { ...strictReceiptRules, oneKey: defence === "on" };
  for (const proves of [first, third]) {
    const receipt = desk.receipt(desk.sign(manifestOf(), { by: first }), {}, { states: second, handovers: [turnOf(first, second)], proves });
    expect(verifyReceipt(receipt, { fingerprint: second.fingerprint }, rules).whole).toBe(false);
  }
  return Promise.resolve();
});

faultTest("S6", "a fingerprint of a key that follows a receipt's own isn't taken, nor an earlier one without its handovers", (defence) => {
  const rules = { ...strictReceiptRules, pin: defence === "on" };
  const keys = { states: first, handovers: [turnOf(first, second)] };
  const before = desk.receipt(desk.sign(manifestOf(), { by: first }), {}, keys);
  expect(verifyReceipt(before, { fingerprint: first.fingerprint }, rules).whole).toBe(true);
  expect(verifyReceipt(before, { fingerprint: second.fingerprint }, rules).whole).toBe(false);
  const dropped = desk.receipt(desk.sign(manifestOf(), { by: second }), {}, { states: second });
  expect(verifyReceipt(dropped, { fingerprint: first.fingerprint }, rules).whole).toBe(false);
  return Promise.resolve();
});

test("a receipt of version 2 has handovers, and one of version 1 none", () => {
  const [bare, receipt] = [desk.receipt(desk.sign(manifestOf())), turned()];
  const { handovers } = JSON.parse(receipt) as { readonly handovers: readonly string[] };
  const otherwise = (text: string, over: object): string => `${canonicalJson({ ...(JSON.parse(text) as object), ...over })}\n`;
  for (const refused of [
    otherwise(bare, { v: 2, handovers: [] }),
    otherwise(bare, { v: 2 }),
    otherwise(bare, { handovers }),
    otherwise(receipt, { v: 1 }),
    otherwise(receipt, { handovers: "" }),
  ])
    expect(why(refused)).toContain("receipt");
});
