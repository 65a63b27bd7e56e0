import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sha256Hex } from "@sallyport/crypto";
import { describe, expect, test } from "vitest";
import { directoryReader } from "./bundle-folder.ts";
import {
  type ArchivedGeneration,
  type BundleVerdict,
  GENERATION_OPEN,
  keyFingerprint,
  openingDetail,
  parseCheckpoint,
  type SealedRecord,
  verdictLines,
  verifyBundle,
  verifyTrail,
} from "./index.ts";
import { type BundlePlan, checkpointNote, checkpointPair, type Files, makeBundle, memoryReader } from "./testing/memory-bundle.ts";
import { auditKey, draftOf, headOf, sealLog } from "./testing/sealed-log.ts";

const golden = join(import.meta.dirname, "../vectors/bundle-handed-over");
const script = join(import.meta.dirname, "../test-python/verify_bundle.py");
const hasPython = spawnSync("python3", ["--version"]).status === 0;
const log = { deployment: "dabcdefghijkl", chain: "site:STUDY/701", key: auditKey("ours") };
const [one, two, three] = [checkpointPair("ours"), checkpointPair("second"), checkpointPair("third")];
const [first, second, third] = [one, two, three].map(({ raw }) => keyFingerprint(raw)) as [string, string, string];
const opened = (previous: readonly SealedRecord[]) => [{ ...draftOf(log.chain, 1, "opening"), action: GENERATION_OPEN, detail: openingDetail(headOf(previous)) }];
const earlier = sealLog({ ...log, generation: 1, size: 6, seed: "handed over 1" });
const later = sealLog({ ...log, generation: 2, size: 5, seed: "handed over 2", drafts: opened(earlier) });
/** Checkpoints of the first generation, and the first of the second, as the key before signed them. */
const byBefore =
  (pair: BundlePlan["pair"]) =>
  (notes: readonly string[], generation: number): readonly string[] =>
    notes.map((note, at) =>
      generation === 1 || at === 0
        ? checkpointNote({ ...log, pair }, generation, generation === 1 ? earlier : later, parseCheckpoint(note.slice(0, note.indexOf("\n\n") + 1)).size)
        : note,
    );
const plan = (over: Partial<BundlePlan>): BundlePlan => ({ ...log, pair: two, generations: [earlier, later], checkpointSizes: [[3], [2]], ...over });

const turned = makeBundle(plan({ turns: [one, two], notes: byBefore(one) }));
const turnedBack = makeBundle(plan({ pair: one, turns: [one, two, one], notes: byBefore(two) }));
const turnedTwice = makeBundle(plan({ pair: three, turns: [one, two, three], notes: byBefore(one) }));
const archive = makeBundle(plan({ pair: one, generations: [earlier], checkpointSizes: [[3]], part: { scope: "generation", archived: [] } }));
const [{ generation, size, root, head }] = archive.statement.generations as [ArchivedGeneration];
const archived = [{ generation, size, root, head, manifest: sha256Hex(archive.files.get("manifest.json") ?? Buffer.alloc(0)) }];
const left = (over: Partial<BundlePlan>) => makeBundle(plan({ generations: [later], checkpointSizes: [[2]], part: { scope: "chain", archived }, ...over }));
const rest = left({ turns: [one, two] });

const verify = ({ files }: { readonly files: Files }, fingerprint?: string): Promise<BundleVerdict> =>
  verifyBundle(memoryReader(files), fingerprint === undefined ? {} : { fingerprint });
const together = (of: readonly { readonly files: Files }[], fingerprint: string): Promise<BundleVerdict> =>
  verifyTrail(
    of.map(({ files }) => memoryReader(files)),
    { fingerprint },
  );

describe("a bundle of a deployment whose signing key was turned", () => {
  test("verifies by the fingerprint of the key before, says how that one was followed, and takes what that one signed", async () => {
    expect(await verify(turned, second)).toMatchObject({ reads: "whole", pinned: true, fingerprint: second, behind: [first], records: 11 });
    expect(await verify(turned, second)).not.toHaveProperty("handedOver");
    const verdict = await verify(turned, first);
    expect(verdict).toMatchObject({ reads: "whole", pinned: true, fingerprint: second, handedOver: [{ from: first, to: second, at: "2026-01-02T03:30:00.000Z" }] });
    expect(verdict.proves[0]).toBe(`The key that you compared, ${first}, handed over to ${second} on 2026-01-02T03:30:00.000Z: at each of these, both keys signed.`);
    expect(verdictLines(verdict)).toContain(`signed with ${second}; the key that you gave handed over to ${second} on 2026-01-02T03:30:00.000Z`);
    expect(await verify(turned)).toMatchObject({ reads: "self-consistent, key not pinned", pinned: false });
    expect((await verify(turned, third)).breaks).toEqual([expect.objectContaining({ kind: "foreign", generation: 0 })]);
  });

  test("that was turned back verifies by either, and so does one that was turned twice", async () => {
    for (const fingerprint of [first, second]) expect(await verify(turnedBack, fingerprint)).toMatchObject({ reads: "whole", fingerprint: first, behind: [second] });
    for (const fingerprint of [first, second, third]) expect(await verify(turnedTwice, fingerprint)).toMatchObject({ reads: "whole", behind: [second, first] });
    expect((await verify(turnedTwice, first)).handedOver?.map(({ to }) => to)).toEqual([second, third]);
  });

  test("isn't verified by the fingerprint of the key that came after what states it", async () => {
    for (const bundle of [archive, makeBundle(plan({ pair: one }))]) expect((await verify(bundle, second)).breaks).toEqual([expect.objectContaining({ kind: "foreign" })]);
  });

  test("has the same keys in whatever order its handovers stand, and the manifest shows that they were moved", async () => {
    const files = new Map(turnedTwice.files);
    const keys = JSON.parse(String(files.get("keys.json"))) as { handovers: string[] };
    files.set("keys.json", Buffer.from(`${JSON.stringify({ ...keys, handovers: keys.handovers.toReversed() })}\n`));
    expect((await verify({ files }, first)).breaks).toEqual([expect.objectContaining({ kind: "altered" })]);
  });

  test("whose archived generations the key before signed is one trail with what the key of now signed, if its handovers lead there", async () => {
    expect(await together([rest, archive], first)).toMatchObject({ reads: "whole", pinned: true, fingerprint: second, records: 11, behind: [first] });
    // Both are of the deployment, but nothing says that the one key follows the other.
    const verdict = await verifyTrail([archive, left({})].map(({ files }) => memoryReader(files)));
    expect(verdict.breaks).toEqual([expect.objectContaining({ kind: "foreign", generation: 0 })]);
    // And the line leads one way: the newest generation's key is the last of it.
    const before = makeBundle(plan({ generations: [earlier], checkpointSizes: [[3]], part: { scope: "generation", archived: [] }, turns: [one, two] }));
    expect((await verifyTrail([before, left({ pair: one })].map(({ files }) => memoryReader(files)))).breaks[0]).toMatchObject({ kind: "foreign" });
  });
});

/** Fixed once and for all. */
const folders = { turned, "turned-back": turnedBack, archive, rest };
test("the golden bundles of before and after a turn verify forever, and are what is written, byte for byte", async () => {
  if (!existsSync(golden) && process.env["SALLYPORT_WRITE_VECTORS"] !== undefined)
    for (const [name, { files }] of Object.entries(folders)) {
      mkdirSync(join(golden, name), { recursive: true });
      for (const [file, bytes] of files) writeFileSync(join(golden, name, file), bytes);
    }
  for (const [name, { files }] of Object.entries(folders)) {
    expect(readdirSync(join(golden, name)).toSorted()).toEqual([...files.keys()].toSorted());
    for (const [file, bytes] of files) expect([name, file, readFileSync(join(golden, name, file), "utf8")]).toEqual([name, file, bytes.toString("utf8")]);
  }
  const fingerprint = "sha256:c4836bd13251d2145705b917f53e9d2cae023f4324159052e92b0e903e6e63f4";
  for (const name of Object.keys(folders)) expect(await verifyBundle(directoryReader(join(golden, name)), { fingerprint })).toMatchObject({ reads: "whole" });
  expect(
    await verifyTrail(
      ["archive", "rest"].map((name) => directoryReader(join(golden, name))),
      { fingerprint },
    ),
  ).toMatchObject({ reads: "whole", records: 11 });
});

test.skipIf(!hasPython)("a verifier in another language says the same of each, by each key, and of both together", async () => {
  for (const fingerprint of [first, second, third]) {
    const ours = await Promise.all(Object.keys(folders).map((name) => verifyBundle(directoryReader(join(golden, name)), { fingerprint })));
    const paths = Object.keys(folders).map((name) => join(golden, name));
    const { stdout, stderr } = spawnSync("python3", ["-B", script, fingerprint, ...paths], { encoding: "utf8" });
    expect([stderr, stdout.trimEnd().split("\n")]).toEqual(["", ours.map(({ whole }) => (whole ? "whole" : "broken"))]);
    const trail = await verifyTrail(
      ["archive", "rest"].map((name) => directoryReader(join(golden, name))),
      { fingerprint },
    );
    const both = spawnSync("python3", ["-B", script, "--together", fingerprint, join(golden, "rest"), join(golden, "archive")], { encoding: "utf8" });
    expect(both.stdout.trimEnd()).toBe(trail.whole ? "whole" : "broken");
  }
});
