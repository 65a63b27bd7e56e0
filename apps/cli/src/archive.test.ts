import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { packPage } from "@sallyport/audit";
import { pageOf } from "@sallyport/audit/testing";
import { sha256Hex } from "@sallyport/crypto";
import { type Arrived, ok, type Reply } from "@sallyport/client/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CommandLine } from "../test-support/command-line.ts";

/** The published bundles of an archived generation and of what is left, played back as the api's answers. */
const golden = resolve(import.meta.dirname, "../../../packages/audit/vectors/bundle-v2");
const FINGERPRINT = "sha256:c4836bd13251d2145705b917f53e9d2cae023f4324159052e92b0e903e6e63f4";
const CHAIN = "site:STUDY/701";
const textOf = (name: string): string => readFileSync(join(golden, "archive-1", name), "utf8");
const linesOf = (name: string): string[] => textOf(name).trimEnd().split("\n");
const notes = textOf("checkpoints-1.txt")
  .split(/\n\n(?=dabcdefghijkl\.)/)
  .map((note) => ({ size: Number(note.split("\n")[1]), note: `${note.trimEnd()}\n` }));
const generations = [{ generation: 1, size: linesOf("generation-1.jsonl").length, auditKey: "audit-1", checkpoint: notes.at(-1)?.note }];
const kept: { readonly statement: string; readonly manifest: string }[] = [];

function answers({ path, body }: Arrived): Reply {
  if (path === "/trpc/trail.openExport") return ok({ chain: CHAIN, statement: textOf("statement.note"), generations, vkey: "v", fingerprint: FINGERPRINT, names: {} });
  if (path === "/trpc/trail.readCheckpoints") return ok({ checkpoints: notes.slice(0, -1) });
  if (path === "/trpc/trail.readExport") {
    const signatures = linesOf("leaves-1.txt").map((line) => line.slice(65));
    return ok(packPage(pageOf(linesOf("generation-1.jsonl"), signatures)));
  }
  if (path === "/trpc/approvals.requestArchive") return ok({ approval: { approvalId: "apr_1" } });
  const sent = JSON.parse(body) as { statement: string; manifest: string };
  kept.push(sent);
  return ok({ digest: sha256Hex(sent.manifest) });
}

let user: CommandLine;
beforeEach(() => {
  user = new CommandLine();
});
afterEach(async () => {
  await user.close();
});

test("a closed generation is written, verified, and said to be: with its own manifest's digest", async () => {
  await user.serve(answers);
  const { exit, out } = await user.type(["--as", "engineer", "--json", "archive", "--chain", CHAIN, "--generation", "1", "--out", "archive"]);
  expect(exit).toBe(0);
  const manifest = readFileSync(join(user.folder, "archive", "manifest.json"), "utf8");
  expect(JSON.parse(out)).toMatchObject({
    generation: 1,
    records: 7,
    whole: true,
    digest: sha256Hex(manifest),
    approval: null,
    verifyWith: `sallyport verify archive --key ${FINGERPRINT}`,
  });
  expect(kept).toEqual([expect.objectContaining({ chain: CHAIN, generation: 1, statement: textOf("statement.note"), manifest })]);
});

test("its removal is asked for by its digest, under the key that was given; the bundle is put on record under one of its own", async () => {
  const served = await user.serve(answers);
  const key = ["--reason", "as the plan says", "--idempotency-key", "archive-0123456789"];
  const { exit, out } = await user.type(["--as", "engineer", "--json", "archive", "--chain", CHAIN, "--generation", "1", "--out", "archive", ...key]);
  expect([exit, JSON.parse(out)]).toEqual([0, expect.objectContaining({ approval: "apr_1" })]);
  const digest = sha256Hex(readFileSync(join(user.folder, "archive", "manifest.json"), "utf8"));
  const [asked] = served.to("/trpc/approvals.requestArchive");
  expect([asked?.key, JSON.parse(asked?.body ?? "")]).toEqual(["archive-0123456789", { chain: CHAIN, generation: 1, digest, reason: "as the plan says" }]);
  // A key stands for one call.
  expect(served.to("/trpc/archives.keep")[0]?.key).not.toBe("archive-0123456789");
});

test("archives and what is left verify together without a profile, and what isn't the archive that was put down doesn't", async () => {
  const verify = (...folders: readonly string[]) => user.type(["verify", ...folders.map((name) => join(golden, name)), "--key", FINGERPRINT]);
  expect(await verify("archive-1", "archive-2", "rest")).toMatchObject({ exit: 0, out: expect.stringMatching(/^whole\n/) as string });
  expect((await verify("archive-1", "rest")).out).toContain("What generation 2 held: that archive was not given.");
  expect(await verify("archive-1", "archive-1", "rest")).toMatchObject({ exit: 1, out: expect.stringContaining("inserted at generation 1") as string });
});

test("what isn't a generation is asked for again, not tried", async () => {
  expect((await user.type(["--as", "engineer", "archive", "--chain", CHAIN, "--generation", "one", "--out", "x"])).exit).toBe(2);
});
