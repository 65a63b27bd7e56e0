import { readFileSync } from "node:fs";
import { canonicalJson } from "@sallyport/crypto";
import { expect, test } from "vitest";
import { badTurns, heldKey, turnOf } from "./testing/held-key.ts";
import { checkpointPair } from "./testing/memory-bundle.ts";
import { auditKey, sealLog } from "./testing/sealed-log.ts";
import {
  checkpointKeyName,
  checkpointOrigin,
  checkpointText,
  inclusionProof,
  isPinOf,
  isRecordProof,
  keyFingerprint,
  leafHash,
  lineOf,
  merkleRoot,
  recordProofText,
  signNote,
  verifyInclusion,
  verifyRecordProof,
  vkeyOf,
} from "./index.ts";

const invalid = expect.objectContaining({ code: "note.invalid" }) as Error;
const deployment = "dabcdefghijkl";
const pair = checkpointPair("proofs");
const signer = { name: checkpointKeyName(deployment), privateKey: pair.privateKey };
const fingerprint = keyFingerprint(pair.raw);
const records = sealLog({ deployment, chain: "site:STUDY/701", generation: 2, size: 300, key: auditKey("proofs"), seed: "proofs" });
const lines = records.map(({ body, mac }) => lineOf(body, mac));
const leaves = lines.map(leafHash);
const noteOf = (origin: string, by = signer): string => signNote(checkpointText({ origin, size: 300, root: merkleRoot(leaves) }), by);
const parts = {
  line: lines[41] as string,
  vkey: vkeyOf(signer.name, pair.raw),
  handovers: [],
  index: 41,
  hashes: inclusionProof(leaves, 41),
  note: noteOf(checkpointOrigin(deployment, "site:STUDY/701", 2)),
};

test("a proof shows one record in a signed tree, and says whether its key was compared", () => {
  const text = recordProofText(parts);
  expect(isRecordProof(text)).toBe(true);
  const proven = verifyRecordProof(text, { fingerprint });
  expect(proven).toMatchObject({ size: 300, root: merkleRoot(leaves).toString("hex"), fingerprint, pinned: true, record: { seq: 42, chain: "site:STUDY/701" } });
  expect(verifyRecordProof(text).pinned).toBe(false);
});

test("a proof of anything else is refused", () => {
  const other = checkpointPair("another");
  for (const text of [
    recordProofText({ ...parts, index: 40 }),
    recordProofText({ ...parts, line: lines[40] as string }),
    recordProofText({ ...parts, hashes: parts.hashes.slice(1) }),
    recordProofText({ ...parts, vkey: vkeyOf(signer.name, other.raw) }),
    recordProofText({ ...parts, vkey: vkeyOf("dother.sallyport", pair.raw) }),
    recordProofText({ ...parts, note: noteOf(checkpointOrigin(deployment, "site:STUDY/701", 1)) }),
    recordProofText({ ...parts, note: noteOf(checkpointOrigin(deployment, "system", 2)) }),
    recordProofText(parts).replace("index 41", "index 041"),
    recordProofText(parts).replace("c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v2"),
    recordProofText(parts).replace("extra ", "extra  "),
    recordProofText(parts).slice(0, 900),
    "",
  ]) {
    expect(() => verifyRecordProof(text, { fingerprint })).toThrow(invalid);
  }
  expect(() => verifyRecordProof(recordProofText(parts), { fingerprint: keyFingerprint(other.raw) })).toThrow(invalid);
});

test("every changed bit of a proof is refused", () => {
  const text = recordProofText(parts);
  for (let at = 0; at < text.length; at += 7) {
    const code = text.charCodeAt(at);
    if (code > 126) continue;
    const changed = `${text.slice(0, at)}${String.fromCharCode(code ^ 1)}${text.slice(at + 1)}`;
    expect(() => verifyRecordProof(changed, { fingerprint }), `character ${at}`).toThrow();
  }
});

test("an altered record shows by its place in the tree, and by nothing else", () => {
  const altered = recordProofText({ ...parts, line: (lines[41] as string).replace(/"reason":"[a-z_.0-9]+"/, '"reason":"other"') });
  expect(() => verifyRecordProof(altered, { fingerprint })).toThrow(invalid);
  expect(verifyRecordProof(altered, { fingerprint }, { inclusion: () => true, pin: isPinOf }).record.reason).toBe("other");
});

const [first, second, third] = [heldKey("first"), heldKey("second"), heldKey("third")];
const origin = checkpointOrigin(deployment, "site:STUDY/701", 2);
/** A proof under the second key, that the first one handed over to. */
const turned = { ...parts, vkey: second.vkey, handovers: [turnOf(first, second)], note: noteOf(origin, second.signer) };
const golden = (name: string): string => readFileSync(new URL(`../vectors/proofs/${name}`, import.meta.url), "utf8");

test("a proof is spelled as it ever was, with handovers and without", () => {
  expect(recordProofText(parts)).toBe(golden("record-v1.tlog-proof"));
  expect(recordProofText(turned)).toBe(golden("record-v2.tlog-proof"));
});

test("the fingerprint of an earlier key is followed by handovers to the key that signed", () => {
  const text = recordProofText({ ...turned, vkey: third.vkey, handovers: [turnOf(second, third), turnOf(first, second)], note: noteOf(origin, third.signer) });
  for (const pin of [first, second, third]) expect(verifyRecordProof(text, pin)).toMatchObject({ pinned: true, fingerprint: third.fingerprint });
  expect(verifyRecordProof(text, first).handedOver?.map(({ from, to }) => [from, to])).toEqual([
    [first.fingerprint, second.fingerprint],
    [second.fingerprint, third.fingerprint],
  ]);
  for (const pin of [third, {}]) expect(verifyRecordProof(text, pin)).not.toHaveProperty("handedOver");
  expect(verifyRecordProof(text)).toMatchObject({ pinned: false, behind: [third.vkey, second.vkey, first.vkey] });
});

test("a fingerprint of a key that follows the one that signed isn't taken, nor an earlier one without its handovers", () => {
  const before = recordProofText({ ...turned, vkey: first.vkey, note: noteOf(origin, first.signer) });
  const dropped = recordProofText({ ...turned, handovers: [] });
  expect(verifyRecordProof(before, first).pinned).toBe(true);
  for (const [text, pin] of [
    [before, second],
    [dropped, first],
  ] as const) {
    expect(() => verifyRecordProof(text, pin)).toThrow(invalid);
    expect(verifyRecordProof(text, pin, { inclusion: verifyInclusion, pin: () => true }).pinned).toBe(true);
  }
});

test.each(badTurns(first, second))("with a handover that %s, an earlier key's fingerprint isn't taken", (_name, handovers) => {
  expect(() => verifyRecordProof(recordProofText({ ...turned, handovers }), first)).toThrow(invalid);
});

test("the checkpoint of a proof is signed by the very key that the proof names", () => {
  for (const { signer: by } of [first, third]) expect(() => verifyRecordProof(recordProofText({ ...turned, note: noteOf(origin, by) }))).toThrow(invalid);
});

test("one meaning has one spelling: version 2 has handovers, and version 1 none", () => {
  const spelled = (extra: unknown): string => recordProofText(turned).replace(/^extra .*$/m, `extra ${Buffer.from(canonicalJson(extra)).toString("base64")}`);
  const { line, vkey, handovers } = turned;
  expect(verifyRecordProof(spelled({ v: 2, line, vkey, handovers })).record.seq).toBe(42);
  for (const refused of [
    { v: 2, line, vkey, handovers: [] },
    { v: 2, line, vkey },
    { v: 1, line, vkey, handovers },
    { v: 2, line, vkey, handovers: handovers.join() },
    { v: 2, line, vkey, handovers: [1] },
    { v: 2, line, vkey, handovers: Array.from({ length: 65 }, () => handovers[0]) },
  ])
    expect(() => verifyRecordProof(spelled(refused)), JSON.stringify(refused).slice(0, 20)).toThrow(invalid);
});
