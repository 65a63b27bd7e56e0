import { join } from "node:path";
import { parseVkey } from "@sallyport/audit";
import { heldKey } from "@sallyport/audit/testing";
import { expect, beforeAll, afterAll, test } from "vitest";
import {
  alone,
  type Bundle,
  cosigned,
  filesIn,
  FINGERPRINT,
  folderOf,
  golden,
  hasPython,
  inAWord,
  inBrowser,
  inLibrary,
  inPython,
  newestNote,
  SEEN_S,
  seer,
  startVerifiers,
  stopVerifiers,
  STRANGER,
  WITNESS,
  withFile,
} from "../test/verifiers.ts";

const bare = filesIn(golden);
const honest = cosigned(bare, 2, newestNote(bare, 2));
/** Of after a turn of the signing key: the newest checkpoint is by the second key. */
const turned = filesIn(join(import.meta.dirname, "../../audit/vectors/bundle-handed-over/turned"));

beforeAll(startVerifiers);
afterAll(stopVerifiers);

/** What is handed over with cosignatures, or without, and whether it is whole for who was given no witness's key, this witness's, or another's. */
const WITNESSED: readonly (readonly [what: string, bundle: () => Bundle, without: boolean, withKey: boolean])[] = [
  ["the checkpoint that it ends with was cosigned", () => honest, true, true],
  ["one of a closed generation was", () => cosigned(bare, 1, newestNote(bare, 1)), true, true],
  ["none was", () => bare, true, false],
  ["the cosignature is cut out of the note", () => withFile(honest, "cosigned-2.note", newestNote(bare, 2)), true, false],
  ["it has another time", () => withFile(honest, "cosigned-2.note", retimed(textIn(honest, "cosigned-2.note"))), true, false],
  ["it is over another generation's checkpoint", () => cosigned(bare, 2, newestNote(bare, 1)), false, false],
  ["it is over what the deployment's key didn't sign", () => cosigned(bare, 2, newestNote(bare, 2).replace(/\n\d+\n/, "\n2\n")), false, false],
  [
    "one of its bytes is none of a text",
    () => withFile(honest, "cosigned-2.note", Buffer.concat([honest.get("cosigned-2.note") ?? Buffer.alloc(0), Buffer.of(0xff, 0x0a)])),
    false,
    false,
  ],
  ["it is over a checkpoint by the key that a handover led to", () => cosigned(turned, 2, newestNote(turned, 2)), true, true],
  ["it is over one by the key before", () => cosigned(turned, 1, newestNote(turned, 1)), true, true],
  [
    "beside the key that signed it, the key before is said to have signed it too, and didn't",
    () => cosigned(turned, 2, newestNote(turned, 2) + unsignedLine("ours")),
    false,
    false,
  ],
  ["the same the other way round", () => cosigned(turned, 1, newestNote(turned, 1) + unsignedLine("second")), false, false],
  ["it is under another name", () => withFile(bare, "cosigned-3.note", textIn(honest, "cosigned-2.note")), false, false],
];

const textIn = (bundle: Bundle, name: string): string => (bundle.get(name) ?? Buffer.alloc(0)).toString("utf8");

/** A line that says it is by a key of the deployment's, and isn't. */
function unsignedLine(seed: string): string {
  const { name, keyId } = parseVkey(heldKey(seed).vkey);
  return `\u2014 ${name} ${Buffer.concat([Buffer.from(keyId, "hex"), Buffer.alloc(64)]).toString("base64")}\n`;
}

/** The witness's line, saying that it was a second later. */
function retimed(note: string): string {
  const at = note.lastIndexOf(" ") + 1;
  const bytes = Buffer.from(note.slice(at, -1), "base64");
  bytes.writeBigUInt64BE(BigInt(SEEN_S + 1), 4);
  return `${note.slice(0, at)}${bytes.toString("base64")}\n`;
}

test("what a witness cosigned is said by its key alone, by all four verifiers", async () => {
  for (const [what, make, without, withKey] of WITNESSED) {
    const bundle = make();
    const folder = folderOf(bundle);
    for (const [witness, whole] of [
      [null, without],
      [WITNESS, withKey],
      [STRANGER, false],
    ] as const) {
      const verdict = await inLibrary(folder, FINGERPRINT, witness);
      expect({ what, witness, verdict }).toMatchObject({ what, witness, verdict: { whole } });
      expect({ what, witness, verdict: await inBrowser(bundle, FINGERPRINT, witness) }).toEqual({ what, witness, verdict });
      // A process of its own: not for every question.
      if (witness === WITNESS) expect({ what, answer: alone(folder, FINGERPRINT, witness).answer }).toEqual({ what, answer: verdict });
      if (hasPython) expect(inPython([folder], FINGERPRINT, ...(witness === null ? [] : ["--witness", witness]))).toEqual([inAWord(verdict)]);
    }
  }
  const { size, generation } = { size: 3, generation: 2 };
  const verdict = await inLibrary(folderOf(honest), FINGERPRINT, WITNESS);
  expect(verdict).toMatchObject({ witnessed: { name: seer.name, generation, size, at: "2026-01-02T04:01:40.000Z" } });
  expect(verdict).toMatchObject({ proves: expect.arrayContaining([expect.stringContaining("saw generation 2 at 3 records")]) as string[] });
  expect(await inLibrary(folderOf(honest), FINGERPRINT)).toMatchObject({
    cosigned: 1,
    doesNotProve: expect.arrayContaining([expect.stringContaining("a witness's key")]) as string[],
  });
}, 120_000);
