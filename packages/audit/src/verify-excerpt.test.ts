import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { badTurns, heldKey, turnOf } from "./testing/held-key.ts";
import { checkpointNote, checkpointPair, lineFor } from "./testing/memory-bundle.ts";
import { auditKey, sealLog } from "./testing/sealed-log.ts";
import {
  type BundleReader,
  type BundleVerdict,
  checkpointKeyName,
  endLine,
  excerptStatementText,
  ExcerptWriter,
  inclusionProof,
  keyFingerprint,
  leafHash,
  linesOf,
  type SealedRecord,
  signNote,
  verifyExport,
  vkeyOf,
} from "./index.ts";

const deployment = "dabcdefghijkl";
const pair = checkpointPair("excerpts");
const signer = { name: checkpointKeyName(deployment), privateKey: pair.privateKey };
const vkey = vkeyOf(signer.name, pair.raw);
const fingerprint = keyFingerprint(pair.raw);
const key = auditKey("excerpts");
const SITE = "site:STUDY/701";
const logs = new Map([SITE, "system"].map((chain) => [chain, sealLog({ deployment, chain, generation: 1, size: 40, key, seed: chain })]));
const header = {
  deployment,
  filter: { action: "subject.list" },
  exportedAt: "2026-01-02T03:04:05.000Z",
  requestedBy: "prn_auditor",
  requestId: "req_1",
  vkey,
  handovers: [] as readonly string[],
};

/** An excerpt of these records, as an api writes it. */
function linesWith(chosen: readonly (readonly [chain: string, seq: number])[], said = header, by = { checkpoint: pair, end: signer }): string[] {
  const writer = new ExcerptWriter(said);
  const lines = [writer.begin()];
  const known = new Set<string>();
  for (const [chain, seq] of chosen) {
    const records = logs.get(chain) as readonly SealedRecord[];
    if (!known.has(chain)) lines.push(writer.checkpoint(checkpointNote({ deployment, chain, pair: by.checkpoint }, 1, records, 40)));
    known.add(chain);
    const leaves = records.map((record) => leafHash(lineFor(record)));
    lines.push(writer.record(lineFor(records[seq - 1] as SealedRecord), inclusionProof(leaves, seq - 1)));
  }
  lines.push(writer.names({ prn_auditor: "Ada" }));
  lines.push(endLine(signNote(excerptStatementText(writer.statement()), by.end)));
  return lines;
}

const CHOSEN = [
  [SITE, 3],
  ["system", 1],
  [SITE, 4],
  ["system", 9],
  [SITE, 5],
] as const;

const readerOf = (text: string): BundleReader => ({
  list: () => Promise.resolve(["a.excerpt.jsonl"]),
  lines: () =>
    linesOf(
      (async function* () {
        yield Buffer.from(text, "utf8");
      })(),
    ),
  text: () => Promise.resolve(text),
  digest: () => Promise.reject(new Error("not asked for")),
});
const verdictOn = (lines: readonly string[], pin: string | null = fingerprint): Promise<BundleVerdict> =>
  verifyExport(readerOf(lines.map((line) => `${line}\n`).join("")), pin === null ? {} : { fingerprint: pin });
const kindsIn = async (lines: readonly string[]): Promise<readonly string[]> => (await verdictOn(lines)).breaks.map(({ kind, seq }) => `${kind} ${seq}`);

test("an honest excerpt is whole, and says where none is left out and where that is the deployment's word", async () => {
  const verdict = await verdictOn(linesWith(CHOSEN));
  expect(verdict).toMatchObject({ whole: true, pinned: true, reads: "whole", records: 5, checkpoints: 2, asOf: header.exportedAt, deployment });
  expect(verdict.proves).toContain(`Of ${SITE}, generation 1, no record from 3 to 5 is left out.`);
  expect(verdict.proves.join(" ")).not.toContain("Of system");
  expect(verdict.doesNotProve.join(" ")).toContain("the deployment's own word");
  expect((await verdictOn(linesWith(CHOSEN), null)).reads).toBe("self-consistent, key not pinned");
  expect(await verdictOn(linesWith([]))).toMatchObject({ whole: true, records: 0 });
});

test("where the search had not come to a chain's end, that is no condition that was asked for, but something that is left open", async () => {
  const without = "system after record 9 of generation 1";
  const verdict = await verdictOn(linesWith(CHOSEN, { ...header, filter: { ...header.filter, without } } as typeof header));
  expect(verdict.proves.join(" ")).toContain("for action subject.list:");
  expect(verdict.doesNotProve).toContain(`Anything of ${without}: the search had come no further when it was exported.`);
});

test("what was left out, added, moved or changed since is found by the signed end, and by the record where it can be", async () => {
  const lines = linesWith(CHOSEN);
  const at = (n: number): string => lines[n] as string;
  const without = (n: number): readonly string[] => lines.filter((_, index) => index !== n);
  expect(await kindsIn(without(4))).toEqual(["altered 0"]);
  expect(await kindsIn(without(1))).toContain("foreign 3");
  expect(await kindsIn(lines.slice(0, -1))).toEqual(["truncated 0"]);
  expect(await kindsIn([...lines, at(2)])).toContain("inserted 0");
  expect(await kindsIn([at(0), at(1), at(5), at(3), at(4), at(2), ...lines.slice(6)])).toContain("reordered 3");
  expect(await kindsIn([...lines.slice(0, 3), at(2), ...lines.slice(3)])).toContain("inserted 3");
  const changed = lines.map((line, index) => (index === 2 ? line.replace(/(decision\\":\\")[a-z]+/, "$1forged") : line));
  expect((await kindsIn(changed)).length).toBeGreaterThan(0);
  const swapped = lines.map((line, index) => (index === 2 ? line.replace(/"line":".*","proof"/, /"line":".*","proof"/.exec(at(5))?.[0] ?? "") : line));
  expect(await kindsIn(swapped)).toContain("altered 4");
});

test("an end that was signed for another file, or by another key, is refused", async () => {
  const [lines, others] = [linesWith(CHOSEN), linesWith(CHOSEN.slice(1))];
  expect(await kindsIn([...lines.slice(0, -1), others.at(-1) as string])).toEqual(["altered 0"]);
  const stranger = { name: signer.name, privateKey: checkpointPair("stranger").privateKey };
  const end = JSON.parse(lines.at(-1) as string) as { readonly end: string };
  const forged = endLine(signNote(end.end.slice(0, end.end.lastIndexOf("\n\n") + 1), stranger));
  expect(await kindsIn([...lines.slice(0, -1), forged])).toEqual(["altered 0"]);
  expect((await verdictOn(lines, `sha256:${"0".repeat(64)}`)).breaks[0]).toMatchObject({ kind: "foreign" });
});

test("any byte changed is found", async () => {
  const text = linesWith(CHOSEN)
    .map((line) => `${line}\n`)
    .join("");
  for (let at = 0; at < text.length; at += process.env["SALLYPORT_TEST_LONG"] === undefined ? 53 : 1) {
    const changed = Buffer.from(text, "utf8");
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    const reader: BundleReader = {
      ...readerOf(""),
      lines: () =>
        linesOf(
          (async function* () {
            yield changed;
          })(),
        ),
    };
    const isWhole = await verifyExport(reader, { fingerprint }).then(
      (verdict) => verdict.whole,
      () => false,
    );
    expect(isWhole, `byte ${at}`).toBe(false);
  }
});

const [first, second] = [heldKey("first"), heldKey("second")];
/** As the second key closes it, with checkpoints of the first one's time. */
const turned = { ...header, vkey: second.vkey, handovers: [turnOf(first, second)] };
const [ofFirst, ofSecond] = [checkpointPair("first"), checkpointPair("second")];
const late = { checkpoint: ofFirst, end: second.signer };

test("an excerpt is spelled as it ever was, with handovers and without", () => {
  const golden = (name: string): string => readFileSync(new URL(`../vectors/proofs/${name}`, import.meta.url), "utf8");
  const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");
  expect(textOf(linesWith(CHOSEN))).toBe(golden("v1.excerpt.jsonl"));
  expect(textOf(linesWith(CHOSEN, turned, late))).toBe(golden("v2.excerpt.jsonl"));
});

test("checkpoints of an earlier key's time count, and that key's fingerprint is followed to the one that closed", async () => {
  const lines = linesWith(CHOSEN, turned, late);
  expect(await verdictOn(lines, second.fingerprint)).toMatchObject({ whole: true, pinned: true, fingerprint: second.fingerprint });
  const verdict = await verdictOn(lines, first.fingerprint);
  expect(verdict).toMatchObject({ whole: true, pinned: true, fingerprint: second.fingerprint, handedOver: [{ from: first.fingerprint, to: second.fingerprint }] });
  expect(verdict.proves.join("\n")).toContain(`${first.fingerprint}, handed over to ${second.fingerprint}`);
  expect((await verdictOn(lines, second.fingerprint)).proves.join("\n")).not.toContain("handed over");
});

test("what is signed by a key that nothing leads to is refused: a checkpoint by one that follows, an end by one before", async () => {
  expect(await kindsIn(linesWith(CHOSEN, turned, { ...late, checkpoint: checkpointPair("third") }))).toContain("altered 0");
  const before = { ...header, vkey: first.vkey, handovers: turned.handovers };
  expect((await verdictOn(linesWith(CHOSEN, before, { checkpoint: ofSecond, end: first.signer }), null)).whole).toBe(false);
  expect((await verdictOn(linesWith(CHOSEN, turned, { checkpoint: ofSecond, end: first.signer }), null)).breaks).toMatchObject([
    { why: "the end is not one that this key signed" },
  ]);
});

test("a fingerprint of a key that follows the one that closed isn't taken, nor an earlier one without its handovers", async () => {
  const before = linesWith(CHOSEN, { ...header, vkey: first.vkey, handovers: turned.handovers }, { checkpoint: ofFirst, end: first.signer });
  expect((await verdictOn(before, first.fingerprint)).whole).toBe(true);
  expect(await verdictOn(before, second.fingerprint)).toMatchObject({ whole: false, pinned: false, breaks: [{ kind: "foreign" }] });
  const dropped = linesWith(CHOSEN, { ...turned, handovers: [] }, { checkpoint: ofSecond, end: second.signer });
  expect((await verdictOn(dropped, second.fingerprint)).whole).toBe(true);
  expect(await verdictOn(dropped, first.fingerprint)).toMatchObject({ whole: false, breaks: [{ kind: "foreign" }] });
});

test.each(badTurns(first, second))("with a handover that %s, an earlier key's fingerprint isn't taken", async (_name, handovers) => {
  expect((await verdictOn(linesWith(CHOSEN, { ...turned, handovers }, { ...late, checkpoint: ofSecond }), first.fingerprint)).whole).toBe(false);
});

test("a key of another deployment's, or a handover that isn't one to follow, is a break of its own, even where the file holds nothing", async () => {
  for (const said of [
    { ...turned, handovers: ["nothing"] },
    { ...turned, deployment: "dother" },
  ])
    expect((await verdictOn(linesWith([], said, late), null)).breaks.map(({ why }) => why)).toContainEqual(expect.stringContaining("key is not one of its deployment"));
});

test("a header of version 2 without handovers, or of version 1 with some, begins no excerpt", async () => {
  const [begin = "", ...rest] = linesWith(CHOSEN, turned, late);
  const [bare = "", ...others] = linesWith(CHOSEN);
  await expect(verdictOn([bare.replace('"requestId"', '"handovers":[],"requestId"').replace('"v":1', '"v":2'), ...others])).rejects.toThrow();
  await expect(verdictOn([begin.replace('"v":2', '"v":1'), ...rest])).rejects.toThrow();
  await expect(verdictOn([bare.replace('"v":1', '"v":2'), ...others])).rejects.toThrow();
});
