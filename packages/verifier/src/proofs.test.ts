import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cosign, type ProofVerdict, verifyProof } from "@sallyport/audit";
import { exportReader } from "@sallyport/audit/bundle-folder";
import { codeOf } from "@sallyport/errors";
import { verifyOffline } from "@sallyport/signature";
import { afterAll, beforeAll, expect, test } from "vitest";
import { alone, type Answer, asked, seer, SEEN_S, startVerifiers, stopVerifiers, STRANGER, WITNESS } from "../test/verifiers.ts";

const GOLDEN = join(import.meta.dirname, "../../audit/vectors/proofs");
const [v1 = "", v2 = ""] = ["record-v1.tlog-proof", "record-v2.tlog-proof"].map((name) => readFileSync(join(GOLDEN, name), "utf8"));
const fingerprint = verifyProof(v1).fingerprint ?? "";
const scratch = mkdtempSync(join(tmpdir(), "sallyport-proofs-"));
beforeAll(startVerifiers);
afterAll(async () => {
  await stopVerifiers();
  rmSync(scratch, { recursive: true, force: true });
});

/** What each of the three says of a proof: the library that the command line is made of, the worker of the page, and the one file. */
async function threeOn(text: string, pins: { readonly fingerprint: string | null; readonly witness: string | null }): Promise<readonly Answer[]> {
  const path = join(scratch, "one.tlog-proof");
  writeFileSync(path, text);
  const given = { ...(pins.fingerprint !== null && { fingerprint: pins.fingerprint }), ...(pins.witness !== null && { witness: pins.witness }) };
  const library = await verifyOffline(await exportReader(path), given).catch(codeOf);
  const page = await asked({ files: [{ name: "one.tlog-proof", bytes: Buffer.from(text, "utf8") }], ...pins });
  return [library as Answer, page, alone(path, pins.fingerprint, pins.witness).answer];
}

/** The proof's checkpoint with one more cosignature. */
const cosigned = (text: string): string => {
  const note = text.slice(text.indexOf("\n\n") + 2);
  return `${text}${cosign(note.slice(0, note.indexOf("\n\n") + 1), { name: seer.name, privateKey: seer.pair.privateKey }, SEEN_S)}`;
};
const flipped = (text: string): string => {
  const extra = /^extra (\S+)$/m.exec(text)?.[1] ?? "";
  return text.replace(
    extra,
    Buffer.from(
      Buffer.from(extra, "base64")
        .toString("utf8")
        .replace(/decision\\":\\"[a-z]+/, String.raw`decision\":\"forged`),
      "utf8",
    ).toString("base64"),
  );
};

const none = { fingerprint: null, witness: null };
test.each([
  ["by its own key", v1, { fingerprint, witness: null }, { reads: "whole", records: 1 }],
  ["with handovers, by the key before", v2, none, { reads: "self-consistent, key not pinned" }],
  ["without a key", v1, none, { reads: "self-consistent, key not pinned", whole: true }],
  ["by another key", v1, { fingerprint: `sha256:${"0".repeat(64)}`, witness: null }, { reads: "broken", record: null }],
  ["with a word of it changed", flipped(v1), { fingerprint, witness: null }, { reads: "broken", proves: [] }],
  ["without its last hash", v1.replace(/\n[^\n]+\n\n/, "\n\n"), none, { reads: "broken" }],
  ["that is its title alone", v1.slice(0, v1.indexOf("\n") + 1), none, { reads: "broken" }],
  ["that a witness cosigned", cosigned(v1), { fingerprint, witness: WITNESS }, { reads: "whole", witnessed: { name: seer.name, at: new Date(SEEN_S * 1000).toISOString() } }],
  ["that another witness cosigned", cosigned(v1), { fingerprint, witness: STRANGER }, { reads: "broken" }],
] as const)("a record's proof %s has one verdict for all three verifiers", async (_, text, pins, expected) => {
  const [library, page, file] = await threeOn(text, pins);
  expect(library).toMatchObject(expected);
  expect([page, file]).toEqual([library, library]);
});

test("a record's proof says which record it is of, and that it says nothing of others", () => {
  const { record, proves, doesNotProve, chain } = verifyProof(v1, { fingerprint }) satisfies ProofVerdict;
  expect(record?.chain).toBe(chain);
  expect(proves.join("\n")).toContain(`Record ${record?.seq} of ${chain}, generation ${record?.generation}, is, byte for byte, one of the`);
  expect(doesNotProve[0]).toContain("Anything of other records");
});
