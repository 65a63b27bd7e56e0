import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { directoryReader } from "./bundle-folder.ts";
import { asFound } from "./defence.ts";
import {
  type ArchivedGeneration,
  GENERATION_OPEN,
  joinVerdicts,
  keyFingerprint,
  openingDetail,
  parseStatement,
  type SealedRecord,
  statementText,
  verifyBundle,
  verifyTrail,
} from "./index.ts";
import { type BundlePlan, checkpointPair, type Files, makeBundle, memoryReader } from "./testing/memory-bundle.ts";
import { auditKey, draftOf, headOf, sealLog } from "./testing/sealed-log.ts";
import { sha256Hex } from "@sallyport/crypto";

const golden = join(import.meta.dirname, "../vectors/bundle-v2");
const log = { deployment: "dabcdefghijkl", chain: "site:STUDY/701", key: auditKey("ours") };
const pair = checkpointPair("ours");
const fingerprint = keyFingerprint(pair.raw);
const opened = (previous: readonly SealedRecord[]) => [{ ...draftOf(log.chain, 1, "opening"), action: GENERATION_OPEN, detail: openingDetail(headOf(previous)) }];
const first = sealLog({ ...log, generation: 1, size: 7, seed: "archived 1" });
const second = sealLog({ ...log, generation: 2, size: 5, seed: "archived 2", drafts: opened(first) });
const third = sealLog({ ...log, generation: 3, size: 4, seed: "archived 3", drafts: opened(second) });
const plan = (over: Partial<BundlePlan>): BundlePlan => ({ ...log, pair, generations: [], checkpointSizes: [[3], [2], [1]], ...over });

/** What the custodian says of a generation that it archived as this bundle. */
function archivedAs({ files, statement }: ReturnType<typeof makeBundle>): ArchivedGeneration {
  const [{ generation, size, root, head }] = statement.generations as [ArchivedGeneration];
  return { generation, size, root, head, manifest: sha256Hex(files.get("manifest.json") ?? Buffer.alloc(0)) };
}
const generationOne = makeBundle(plan({ generations: [first], part: { scope: "generation", archived: [] } }));
const generationTwo = makeBundle(plan({ generations: [second], part: { scope: "generation", archived: [archivedAs(generationOne)] } }));
const archived = [archivedAs(generationOne), archivedAs(generationTwo)];
const rest = makeBundle(plan({ generations: [third], part: { scope: "chain", archived } }));
const verify = (...of: readonly { readonly files: Files }[]) =>
  verifyTrail(
    of.map(({ files }) => memoryReader(files)),
    { fingerprint },
  );

describe("bundles of one chain", () => {
  test("are one trail, in whatever order they are given: what was archived and what is left", async () => {
    const verdict = await verify(generationOne, generationTwo, rest);
    expect(verdict).toMatchObject({ whole: true, pinned: true, reads: "whole", breaks: [], records: 16, archived: [], manifest: null });
    expect(verdict.proves[0]).toBe("Together they are one trail: generations 1, 2, 3 of chain site:STUDY/701, each begun after the head of the one before.");
    expect(await verify(rest, generationOne, generationTwo)).toEqual(verdict);
  });

  test("leave open what none of them shows, and nothing that another of them does", async () => {
    const later = makeBundle(plan({ generations: [third], part: { scope: "chain", archived }, exportedAt: "2026-03-01T04:00:00.000Z" }));
    const open = async (...of: Parameters<typeof verify>) => (await verify(...of)).doesNotProve.filter((line) => /^(What|Anything) /.test(line));
    expect(await open(generationOne, generationTwo, later)).toEqual(["Anything after 2026-03-01T04:00:00.000Z, or that no newer bundle exists."]);
    expect(await open(later, generationTwo)).toEqual([
      "What generation 1 held: that archive was not given.",
      "Anything after 2026-03-01T04:00:00.000Z, or that no newer bundle exists.",
    ]);
    expect(await open(generationOne, generationTwo)).toEqual([
      "What came after generation 2: that is in a bundle of the chain.",
      "Anything after 2026-01-02T04:00:00.000Z, or that no newer bundle exists.",
    ]);
    expect((await verify(rest)).doesNotProve[0]).toBe("What generations 1, 2 held: those archives were not given.");
  });

  test("each verify alone, and say what was archived and by which digest", async () => {
    const left = await verifyBundle(memoryReader(rest.files), { fingerprint });
    expect(left).toMatchObject({ whole: true, records: 4, archived });
    expect(left.proves.join("\n")).toContain(`Generation 1, of 7 records, was archived as the bundle whose manifest.json has SHA-256 ${archived[0]?.manifest}.`);
    expect(left.doesNotProve[0]).toBe("What generations 1 to 2 held: verify the archived bundles together with this one.");
    expect(await verifyBundle(memoryReader(generationTwo.files), { fingerprint })).toMatchObject({
      whole: true,
      manifest: archived[1]?.manifest,
      generations: [{ generation: 2 }],
    });
  });

  test("say which archive wasn't given", async () => {
    const verdict = await verify(generationOne, rest);
    expect(verdict).toMatchObject({ whole: true, archived: [archived[1]] });
    expect(verdict.doesNotProve[0]).toBe("What generation 2 held: that archive was not given.");
    expect(verdict.proves[0]).toBe("They are parts of one trail: generations 1, 3 of chain site:STUDY/701.");
  });

  test.each<[string, () => readonly { readonly files: Files }[], string, number]>([
    [
      "another history of an archived generation, signed like the first",
      () => [makeBundle(plan({ generations: [sealLog({ ...log, generation: 1, size: 7, seed: "other" })], part: { scope: "generation", archived: [] } })), rest],
      "forked",
      1,
    ],
    [
      "another bundle of what was archived",
      () => [makeBundle(plan({ generations: [first], checkpointSizes: [[2]], part: { scope: "generation", archived: [] } })), rest],
      "altered",
      1,
    ],
    ["one generation twice", () => [generationOne, generationOne, rest], "inserted", 1],
    [
      "another chain's archive",
      () => [
        makeBundle(
          plan({
            chain: "site:STUDY/704",
            generations: [sealLog({ ...log, chain: "site:STUDY/704", generation: 1, size: 2, seed: "704" })],
            checkpointSizes: [[]],
            part: { scope: "generation", archived: [] },
          }),
        ),
        rest,
      ],
      "foreign",
      0,
    ],
  ])("aren't one trail with %s", async (_what, given, kind, generation) => {
    const verdict = await verify(...given());
    expect(verdict).toMatchObject({ whole: false, reads: "broken" });
    expect(verdict.breaks).toContainEqual(expect.objectContaining({ kind, generation }));
  });

  test("of which one is broken are broken", async () => {
    const files = new Map(generationOne.files);
    files.set("generation-1.jsonl", Buffer.from((files.get("generation-1.jsonl") ?? "").toString().replace("allow", "denys")));
    expect((await verify({ files }, generationTwo, rest)).breaks[0]).toMatchObject({ generation: 1, seq: 3, kind: "altered" });
  });

  test("can't be joined out of none", () => {
    expect(() => joinVerdicts([])).toThrow(RangeError);
  });
});

test("what is left has to begin after the head that was archived: without that rule, what was cut out between wouldn't show", async () => {
  const cut = makeBundle(
    plan({ generations: [third], part: { scope: "chain", archived: [archived[0] as ArchivedGeneration, { ...(archived[1] as ArchivedGeneration), head: "0".repeat(64) }] } }),
  );
  expect((await verifyBundle(memoryReader(cut.files), { fingerprint })).breaks).toEqual([expect.objectContaining({ generation: 3, seq: 1, kind: "forked" })]);
  expect((await verifyBundle(memoryReader(cut.files), { fingerprint }, (defence, isMet) => defence === "opening" || asFound(defence, isMet))).whole).toBe(true);
});

test("a statement of a part says all that went before it, and nothing else", () => {
  const { statement } = rest;
  if (statement.v !== 2) throw new TypeError("a part");
  expect(parseStatement(statementText(statement))).toEqual(statement);
  const wrong = [
    { ...statement, archived: archived.slice(1) },
    { ...statement, archived: [archived[1], archived[0]] },
    { ...statement, archived: [] },
    { ...statement, scope: "some" },
    { ...statement, v: 1 },
    { ...statement, archived: archived.map(({ generation, size, root, head }) => ({ generation, size, root, head })) },
    { ...generationOne.statement, generations: [...generationOne.statement.generations, { ...generationOne.statement.generations[0], generation: 2 }] },
  ];
  for (const each of wrong) expect(() => statementText(each as typeof statement)).toThrow();
  expect(() => parseStatement(statementText(statement).replace("export-v2", "export-v1"))).toThrow();
});

/** Fixed once and for all, as those of version 1 are. */
test("the golden bundles of an archived generation and of what is left verify forever, and are what is written, byte for byte", async () => {
  const folders = { "archive-1": generationOne, "archive-2": generationTwo, rest };
  if (!existsSync(golden) && process.env["SALLYPORT_WRITE_VECTORS"] !== undefined) {
    for (const [name, { files }] of Object.entries(folders)) {
      mkdirSync(join(golden, name), { recursive: true });
      for (const [file, bytes] of files) writeFileSync(join(golden, name, file), bytes);
    }
  }
  for (const [name, { files }] of Object.entries(folders)) {
    expect(readdirSync(join(golden, name)).toSorted()).toEqual([...files.keys()].toSorted());
    for (const [file, bytes] of files) expect([name, file, readFileSync(join(golden, name, file), "utf8")]).toEqual([name, file, bytes.toString("utf8")]);
  }
  const readers = Object.keys(folders).map((name) => directoryReader(join(golden, name)));
  expect(await verifyTrail(readers, { fingerprint: "sha256:c4836bd13251d2145705b917f53e9d2cae023f4324159052e92b0e903e6e63f4" })).toMatchObject({
    whole: true,
    pinned: true,
    records: 16,
    checkpoints: 6,
  });
});
