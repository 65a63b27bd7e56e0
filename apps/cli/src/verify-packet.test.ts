import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CommandLine } from "../test-support/command-line.ts";

const golden = resolve(import.meta.dirname, "../../../packages/submission/vectors/packets-v1");
const { fingerprint, recipient } = JSON.parse(readFileSync(join(golden, "pins.json"), "utf8")) as Readonly<Record<string, string>>;
let user: CommandLine;
beforeAll(() => {
  user = new CommandLine();
  copyFileSync(join(golden, "packet.tar"), join(user.folder, "packet.tar"));
});
afterAll(() => user.close());

test("an opened packet verifies without a profile, says for whom it was made, and not for somebody else", async () => {
  const { exit, out } = await user.type(["verify", "packet.tar", "--key", fingerprint ?? "", "--recipient", recipient ?? ""]);
  expect([exit, out]).toEqual([0, expect.stringMatching(/^whole\n[\s\S]*sequence 0001 of study CDISCPILOT01, for An Agency[\s\S]*Zoë Łuczak signed 0001\/m5/)]);
  const other = recipient?.replace(/.$/, "q") ?? "";
  expect(await user.type(["verify", "packet.tar", "--recipient", other])).toMatchObject({
    exit: 1,
    out: expect.stringMatching(/^broken\n {2}altered: recipient: it was made for An Agency/),
  });
  expect((await user.type(["verify", "packet.tar", "--until", "soon"])).exit).toBe(2);
});

test("a sealed packet is told to be opened first", async () => {
  writeFileSync(join(user.folder, "packet.age"), "age-encryption.org/v1\n-> X25519 x");
  expect(await user.type(["verify", "packet.age"])).toMatchObject({ exit: expect.any(Number), err: expect.stringContaining("age --decrypt") });
});
