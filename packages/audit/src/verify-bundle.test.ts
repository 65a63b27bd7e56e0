import { describe, expect, test } from "vitest";
import {
  type BundlePlan,
  checkpointNote,
  checkpointPair,
  type Files,
  leafLine,
  lineFor,
  makeBundle,
  memoryReader,
  recomputeManifest,
  statementNoteOf,
} from "./testing/memory-bundle.ts";
import { sha256Hex } from "@sallyport/crypto";
import { auditKey, draftOf, headOf, sealLog } from "./testing/sealed-log.ts";
import { keysText } from "./bundle-keys.ts";
import { GENERATION_OPEN, keyFingerprint, openingDetail, type SealedRecord, verifyBundle } from "./index.ts";

const log = { deployment: "dabcdefghijkl", chain: "site:STUDY/701", key: auditKey("ours") };
const pair = checkpointPair("ours");
const fingerprint = keyFingerprint(pair.raw);
const first = sealLog({ ...log, generation: 1, size: 6, seed: "first" });
const opening = { ...draftOf(log.chain, 1, "opening"), action: GENERATION_OPEN, detail: openingDetail(headOf(first)) };
const second = sealLog({ ...log, generation: 2, size: 5, seed: "second", drafts: [opening] });
const plan: BundlePlan = {
  ...log,
  pair,
  generations: [first, second],
  checkpointSizes: [
    [2, 4],
    [1, 3],
  ],
};
const whole = makeBundle(plan);

function edited(edit: (files: Files) => void): Files {
  const files: Files = new Map(whole.files);
  edit(files);
  recomputeManifest(files);
  return files;
}
const textOf = (files: Files, name: string): string => (files.get(name) as Buffer).toString("utf8");
const put = (files: Files, name: string, text: string): void => void files.set(name, Buffer.from(text, "utf8"));
const verify = (files: Files): ReturnType<typeof verifyBundle> => verifyBundle(memoryReader(files), { fingerprint });

describe("a whole bundle", () => {
  test("is whole under its key, and says as of when and for how many", async () => {
    const verdict = await verify(whole.files);
    expect(verdict).toMatchObject({ whole: true, pinned: true, reads: "whole", breaks: [], records: 11, checkpoints: 6, asOf: "2026-01-02T04:00:00.000Z", fingerprint });
    expect([verdict.deployment, verdict.chain]).toEqual([log.deployment, log.chain]);
    expect(verdict.proves.length).toBeGreaterThan(0);
  });

  test("is only self-consistent where no key is given", async () => {
    const verdict = await verifyBundle(memoryReader(whole.files));
    expect(verdict).toMatchObject({ whole: true, pinned: false, reads: "self-consistent, key not pinned" });
    expect(verdict.doesNotProve.join(" ")).toContain(fingerprint);
  });

  test("is broken under another key", async () => {
    const verdict = await verifyBundle(memoryReader(whole.files), { fingerprint: keyFingerprint(checkpointPair("other").raw) });
    expect(verdict).toMatchObject({ whole: false, pinned: false, breaks: [{ kind: "foreign" }] });
  });

  test("signed anew by somebody else agrees with itself, and doesn't pass the pinned key", async () => {
    const { files } = makeBundle({ ...plan, pair: checkpointPair("other") });
    expect((await verifyBundle(memoryReader(files))).whole).toBe(true);
    expect((await verify(files)).whole).toBe(false);
  });
});

test("what has neither statement nor manifest is no bundle", async () => {
  await expect(verifyBundle(memoryReader(new Map([["a.txt", Buffer.from("")]])))).rejects.toMatchObject({ code: "bundle.unreadable" });
});

test("a fingerprint of another form is refused", async () => {
  await expect(verifyBundle(memoryReader(whole.files), { fingerprint: "sha256:AB" })).rejects.toThrow(RangeError);
});

describe("files", () => {
  test.each([...whole.files.keys()])("%s can't be left out", async (name) => {
    for (const isListed of [true, false]) {
      const files = new Map(whole.files);
      files.delete(name);
      if (!isListed && name !== "manifest.json") recomputeManifest(files);
      expect((await verify(files)).breaks).toContainEqual(expect.objectContaining({ kind: "missing" }));
    }
  });

  test.each([...whole.files.keys()])("a byte of %s can't be changed unseen while the manifest stands", async (name) => {
    const bytes = whole.files.get(name) as Buffer;
    for (let at = 0; at < bytes.length; at += name.startsWith("generation") ? 97 : 31) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ 0x01, at);
      const verdict = await verify(new Map(whole.files).set(name, changed));
      expect([name, at, verdict.whole]).toEqual([name, at, false]);
    }
  });

  test("a file that no bundle has is inserted", async () => {
    const files = edited((all) => put(all, "generation-3.jsonl", ""));
    expect((await verify(files)).breaks).toContainEqual(expect.objectContaining({ seq: 0, kind: "inserted" }));
  });

  test("a missing record file is told with its generation", async () => {
    const files = edited((all) => all.delete("generation-2.jsonl"));
    expect((await verify(files)).breaks[0]).toMatchObject({ generation: 2, seq: 1, kind: "missing" });
  });
});

describe("every bit of every record", () => {
  test("is covered: one that is changed is named by seq, the manifest and the leaves' hashes computed anew", async () => {
    const bytes = whole.files.get("generation-2.jsonl") as Buffer;
    let seq = 1;
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes.readUInt8(at);
      // Each byte once in the long run, each seventeenth and each line's end otherwise, its bits in turn; the property test draws the others.
      if (process.env["SALLYPORT_TEST_LONG"] !== undefined || at % 17 === 0 || byte === 0x0a) {
        const changed = Buffer.from(bytes);
        changed.writeUInt8(byte ^ (1 << (at % 8)), at);
        const { breaks } = await verify(edited((files) => void files.set("generation-2.jsonl", changed)));
        expect([at, breaks[0]]).toEqual([at, expect.objectContaining({ generation: 2, seq, kind: "altered" })]);
      }
      if (byte === 0x0a) seq += 1;
    }
  }, 120_000);

  test("a last newline that was cut off is an alteration of the last record", async () => {
    const files = edited((all) => put(all, "generation-1.jsonl", textOf(all, "generation-1.jsonl").slice(0, -1)));
    expect((await verify(files)).breaks).toEqual([expect.objectContaining({ generation: 1, seq: 6, kind: "altered" })]);
  });
});

describe("every tail", () => {
  test.each([1, 2, 3, 4, 5, 6])("of %i records is missed, with its leaves and checkpoints too", async (length) => {
    const size = first.length - length;
    for (const cut of [["generation-1.jsonl"], ["generation-1.jsonl", "leaves-1.txt"]]) {
      const files = edited((all) => {
        for (const name of cut)
          put(
            all,
            name,
            textOf(all, name)
              .split("\n")
              .slice(0, size)
              .map((line) => `${line}\n`)
              .join(""),
          );
      });
      expect((await verify(files)).breaks[0]).toMatchObject({ generation: 1, seq: size + 1, kind: "truncated" });
    }
  });
});

describe("checkpoints", () => {
  const notesOf = (files: Files): string[] =>
    textOf(files, "checkpoints-1.txt").split("\n\n\u2014").length === 0 ? [] : (textOf(files, "checkpoints-1.txt").match(/[^\n]+\n[^\n]+\n[^\n]+\n\n[^\n]+\n/g) ?? []);

  test.each([0, 1, 2])("number %i can't be dropped", async (index) => {
    const files = edited((all) => put(all, "checkpoints-1.txt", notesOf(all).toSpliced(index, 1).join("\n")));
    expect((await verify(files)).breaks[0]).toMatchObject({ generation: 1, kind: "missing" });
  });

  test("no byte can be altered", async () => {
    const bytes = whole.files.get("checkpoints-1.txt") as Buffer;
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ (1 << (at % 8)), at);
      const verdict = await verify(edited((all) => void all.set("checkpoints-1.txt", changed)));
      expect([at, verdict.breaks[0]]).toEqual([at, expect.objectContaining({ generation: 1, kind: "altered" })]);
    }
  });

  test("two genuine ones can't change places, and one more is not accepted", async () => {
    const swapped = edited((all) => put(all, "checkpoints-1.txt", notesOf(all).toReversed().join("\n")));
    expect((await verify(swapped)).breaks[0]).toMatchObject({ generation: 1, kind: "rolled back" });
    const more = edited((all) => put(all, "checkpoints-1.txt", [...notesOf(all), notesOf(all).at(-1)].join("\n")));
    expect((await verify(more)).breaks[0]).toMatchObject({ generation: 1, kind: "inserted" });
  });

  test("of another generation is no checkpoint of this one", async () => {
    const files = edited((all) => void all.set("checkpoints-1.txt", all.get("checkpoints-2.txt") as Buffer));
    expect((await verify(files)).breaks[0]).toMatchObject({ generation: 1, kind: "altered" });
  });
});

/** A bundle in which some notes are of one history and the records of another; both are signed, as a fooled custodian would. */
function ofTwoHistories(other: readonly SealedRecord[], checkpointOfOther: number): Files {
  const one = { ...plan, generations: [first], checkpointSizes: [[]] };
  const { files, statement } = makeBundle(one);
  const note = checkpointNote(one, 1, other, checkpointOfOther);
  const last = textOf(files, "checkpoints-1.txt");
  const text = `${note}\n${last}`;
  put(files, "checkpoints-1.txt", text);
  const [stated] = statement.generations;
  if (stated === undefined) throw new Error("one generation was planned");
  put(files, "statement.note", statementNoteOf(one, { ...statement, generations: [{ ...stated, checkpoints: 2, checkpointsSha256: sha256Hex(text) }] }));
  recomputeManifest(files);
  return files;
}

describe("histories that were signed and contradict each other", () => {
  const rewound = sealLog({ ...log, generation: 1, size: 6, seed: "rewound", after: first.slice(0, 2) });

  test("records that aren't the ones of an earlier checkpoint were rolled back", async () => {
    const { breaks } = await verify(ofTwoHistories(rewound, 4));
    expect(breaks).toEqual([expect.objectContaining({ generation: 1, seq: 4, kind: "rolled back" })]);
  });

  test("two roots of one size are a fork", async () => {
    const { breaks } = await verify(ofTwoHistories(rewound, 6));
    expect(breaks).toContainEqual(expect.objectContaining({ generation: 1, seq: 6, kind: "forked" }));
  });

  test("later genuine records under an older statement are a rollback of the statement", async () => {
    const older = makeBundle({ ...plan, generations: [first.slice(0, 4)], checkpointSizes: [[]] }).files;
    put(older, "generation-1.jsonl", first.map((record) => `${lineFor(record)}\n`).join(""));
    put(older, "leaves-1.txt", first.map((record) => leafLine(plan, record)).join(""));
    recomputeManifest(older);
    expect((await verify(older)).breaks).toEqual([expect.objectContaining({ generation: 1, seq: 5, kind: "rolled back" })]);
  });

  test("a generation that doesn't cite the head of the one before is a fork", async () => {
    const unlinked = sealLog({ ...log, generation: 2, size: 5, seed: "second", drafts: [{ ...opening, detail: openingDetail(headOf(rewound)) }] });
    const { files } = makeBundle({ ...plan, generations: [first, unlinked] });
    expect((await verify(files)).breaks).toEqual([expect.objectContaining({ generation: 2, seq: 1, kind: "forked" })]);
  });

  test("a chain that was broken when it was signed is broken", async () => {
    const gap = [...first.slice(0, 3), ...first.slice(4)];
    const { files } = makeBundle({ ...plan, generations: [gap], checkpointSizes: [[]] });
    expect((await verify(files)).breaks).toEqual([expect.objectContaining({ generation: 1, seq: 4 })]);
  });
});

describe("statement and keys", () => {
  test("no byte of the statement can be altered", async () => {
    const bytes = whole.files.get("statement.note") as Buffer;
    for (let at = 0; at < bytes.length; at += 3) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ (1 << (at % 8)), at);
      const verdict = await verify(edited((all) => void all.set("statement.note", changed)));
      expect([at, verdict.breaks[0]]).toEqual([at, expect.objectContaining({ seq: 0, kind: "altered" })]);
    }
  });

  test("a record that was altered under a statement that was written anew is still named", async () => {
    const lines = textOf(whole.files, "generation-1.jsonl").split("\n");
    lines[3] = (lines[3] ?? "").replace(/"detail":"[^"]*"/, '"detail":"another"');
    const statement = statementNoteOf({ ...plan, pair: checkpointPair("other") }, whole.statement);
    const files = edited((all) => {
      put(all, "generation-1.jsonl", lines.join("\n"));
      put(all, "statement.note", statement);
    });
    expect((await verify(files)).breaks).toMatchObject([
      { generation: 0, seq: 0, kind: "altered" },
      { generation: 1, seq: 4, kind: "altered" },
    ]);
    expect((await verify(edited((all) => put(all, "statement.note", statement)))).breaks).toMatchObject([{ seq: 0, kind: "altered" }]);
  });

  test("keys.json can't name more keys than the statement", async () => {
    const files = edited((all) => put(all, "keys.json", keysText([...whole.statement.keys, ...makeBundle({ ...plan, pair: checkpointPair("other") }).statement.keys])));
    expect((await verify(files)).breaks).toEqual([expect.objectContaining({ seq: 0, kind: "altered" })]);
  });

  test("a statement of another deployment's name under the same key is foreign", async () => {
    const files = edited((all) => put(all, "statement.note", statementNoteOf({ ...plan }, { ...whole.statement, deployment: "dother" })));
    expect((await verify(files)).breaks).toEqual([expect.objectContaining({ seq: 0, kind: "foreign" })]);
  });

  test("a line of leaves that isn't its record's is an alteration, its record being whole", async () => {
    const files = edited((all) =>
      put(
        all,
        "leaves-1.txt",
        textOf(all, "leaves-1.txt").replace(/^./, (digit) => (digit === "0" ? "1" : "0")),
      ),
    );
    expect((await verify(files)).breaks).toEqual([expect.objectContaining({ generation: 1, seq: 1, kind: "altered" })]);
  });
});
