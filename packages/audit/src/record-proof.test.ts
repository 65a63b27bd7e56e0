import { expect, test } from "vitest";
import { checkpointPair } from "./testing/memory-bundle.ts";
import { auditKey, sealLog } from "./testing/sealed-log.ts";
import {
  checkpointKeyName,
  checkpointOrigin,
  checkpointText,
  inclusionProof,
  isRecordProof,
  keyFingerprint,
  leafHash,
  lineOf,
  merkleRoot,
  recordProofText,
  signNote,
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
const noteOf = (origin: string): string => signNote(checkpointText({ origin, size: 300, root: merkleRoot(leaves) }), signer);
const parts = {
  line: lines[41] as string,
  vkey: vkeyOf(signer.name, pair.raw),
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
  expect(verifyRecordProof(altered, { fingerprint }, { inclusion: () => true }).record.reason).toBe("other");
});
