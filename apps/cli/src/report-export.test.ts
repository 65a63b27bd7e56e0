import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sha256Hex } from "@sallyport/crypto";
import { CommandLine } from "../test-support/command-line.ts";

const vectors = resolve(import.meta.dirname, "../../../packages/audit/vectors");
const FINGERPRINT = "sha256:c4836bd13251d2145705b917f53e9d2cae023f4324159052e92b0e903e6e63f4";
let user: CommandLine;
beforeEach(() => {
  user = new CommandLine();
});
afterEach(async () => {
  await user.close();
});

const reported = async (what: string, out: string, ...options: readonly string[]) => await user.type(["report", what, "--out", out, "--zone", "Europe/Warsaw", ...options]);

test.each(["bundle-v1", "bundle-v2/rest", "bundle-v2/archive-1"])(
  "the bundle %s is a document of every record: names, local time beside UTC, and what its words mean",
  async (name) => {
    const folder = join(vectors, name);
    expect(await reported(folder, "chain.html", "--key", FINGERPRINT)).toMatchObject({ exit: 0, err: "" });
    const html = readFileSync(join(user.folder, "chain.html"), "utf8");
    const statement = readFileSync(join(folder, "statement.note"), "utf8");
    const sizes = [...statement.matchAll(/"size":(\d+)/g)].map(([, size]) => Number(size));
    const archived = [...statement.matchAll(/"manifest":"[0-9a-f]{64}","root":"[0-9a-f]{64}","size":(\d+)/g)].map(([, size]) => Number(size));
    const records = sizes.reduce((sum, size) => sum + size, 0) - archived.reduce((sum, size) => sum + size, 0);
    expect(html.match(/<tr>/g)).toHaveLength(1 + records);
    expect(html).toContain(`content: "SHA-256 ${sha256Hex(readFileSync(join(folder, "manifest.json")))}"`);
    expect(html).toContain("<dt>Times</dt><dd>in UTC and in Europe/Warsaw</dd>");
    const words = html.slice(html.indexOf("What the words mean"));
    const [, act = ""] = /<td>([a-z]+\.[a-z_]+)<\/td>/.exec(html) ?? [];
    expect(words).toContain(`<dt>${act}</dt><dd>`);
    expect(words).not.toContain("<dt>keys.rotate</dt>");
    expect(await reported(folder, "chain.pdf")).toMatchObject({ exit: 0 });
    expect(readFileSync(join(user.folder, "chain.pdf"), "latin1").startsWith("%PDF-")).toBe(true);
  },
);

test("an excerpt's document has what its words mean, too", async () => {
  expect(await reported(join(vectors, "proofs/v1.excerpt.jsonl"), "excerpt.html")).toMatchObject({ exit: 0 });
  const html = readFileSync(join(user.folder, "excerpt.html"), "utf8");
  expect(html).toContain("<dt>Asked for</dt><dd>action subject.list</dd>");
  expect(html.slice(html.indexOf("What the words mean"))).toMatch(/<dt>[a-z]+\.[a-z_]+<\/dt>/);
});

test("a bundle that is broken, a folder that is none, and a record's proof become no document", async () => {
  cpSync(join(vectors, "bundle-v1"), join(user.folder, "broken"), { recursive: true });
  const records = join(user.folder, "broken", "generation-1.jsonl");
  writeFileSync(records, readFileSync(records, "utf8").replace('"decision":"allow"', '"decision":"forge"'));
  mkdirSync(join(user.folder, "letters"));
  writeFileSync(join(user.folder, "letters", "one.txt"), "Dear");
  expect((await reported("broken", "a.html")).exit).toBe(1);
  for (const none of ["letters", "nowhere", join(vectors, "proofs/record-v1.tlog-proof")])
    expect(await reported(none, "a.html")).toMatchObject({ exit: 2, err: expect.stringContaining("bundle.unreadable") as string });
  expect(existsSync(join(user.folder, "a.html"))).toBe(false);
});
