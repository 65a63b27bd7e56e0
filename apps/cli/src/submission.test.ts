import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Arrived, ok, type Reply } from "@sallyport/client/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CommandLine } from "../test-support/command-line.ts";

const ID = `sbm_${"0".repeat(26)}`;
const PACKET = `spk_${"0".repeat(26)}`;
const DOCUMENT = `doc_${"0".repeat(26)}`;
let user: CommandLine;
beforeEach(() => {
  user = new CommandLine();
});
afterEach(() => user.close());
const type = (...line: readonly string[]) => user.type(["--as", "engineer", "submission", ...line]);

test("a tree is a file of lines, and each is a file of the sequence", async () => {
  const served = await user.serve(() => ok({ done: true }));
  writeFileSync(join(user.folder, "tree.txt"), `# of the first sequence\nm1/us/cover.pdf ${DOCUMENT} 1\n\nm5/report.pdf  ${DOCUMENT} 12 approval\n`);
  expect((await type("assemble", ID, "0000", "--tree", "tree.txt")).exit).toBe(0);
  const [{ body } = { body: "" }] = served.to("/trpc/submissions.assemble");
  expect(JSON.parse(body)).toMatchObject({
    submissionId: ID,
    sequence: "0000",
    files: [
      { path: "m1/us/cover.pdf", documentId: DOCUMENT, version: 1, needsApproval: false },
      { path: "m5/report.pdf", documentId: DOCUMENT, version: 12, needsApproval: true },
    ],
  });
  writeFileSync(join(user.folder, "tree.txt"), `m1/us/cover.pdf ${DOCUMENT}\n`);
  expect(await type("assemble", ID, "0000", "--tree", "tree.txt")).toMatchObject({ exit: 2, err: expect.stringContaining("line 1 of the tree") });
});

test.each([[["fly"]], [["show"]], [["create", "--study", "S"]], [["prepare", ID, "0000"]], [["request", PACKET]], [["download", PACKET]]])(
  "%j ends in 2, and nothing is sent",
  async (line) => {
    const served = await user.serve(() => ok({}));
    expect((await type(...line)).exit).toBe(2);
    expect(served.arrived).toHaveLength(0);
  },
);

const bytes = Buffer.alloc(5, "sealed");
const piece = ({ body }: Arrived, all: Buffer, sha256: string): Reply => {
  const { from } = JSON.parse(body) as { from: number };
  return ok({ sha256, length: all.length, from, content: all.subarray(from, from + 3).toString("base64"), next: from + 3 < all.length ? from + 3 : null });
};

test("a packet is fetched piece by piece, and is under its name once it is whole and what was sealed", async () => {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  await user.serve((request) => piece(request, bytes, sha256));
  expect(await type("download", PACKET, "--out", "packet.age")).toMatchObject({ exit: 0, out: expect.stringContaining(sha256) });
  expect(readFileSync(join(user.folder, "packet.age"))).toEqual(bytes);
  expect(await type("download", PACKET, "--out", "packet.age")).toMatchObject({ exit: 2, err: expect.stringContaining("is there already") });
});

test("what isn't what was sealed is not kept", async () => {
  await user.serve((request) => piece(request, bytes, "0".repeat(64)));
  expect(await type("download", PACKET, "--out", "packet.age")).toMatchObject({ exit: 1, err: expect.stringContaining("packet.fetched") });
  expect([existsSync(join(user.folder, "packet.age")), existsSync(join(user.folder, "packet.age.part"))]).toEqual([false, false]);
});
